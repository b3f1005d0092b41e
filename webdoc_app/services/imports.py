"""Invoices of other software: a Factur-X PDF or a CII XML becomes an issued document with its own link."""

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.content import canonical_json
from webdoc_app.domain.documents import Adjustment, insist_size
from webdoc_app.domain.errors import Conflict, FieldError, Invalid
from webdoc_app.domain.lifecycle import State
from webdoc_app.domain.money import decimal_text
from webdoc_app.domain.text import clean_email
from webdoc_app.integrations.uploads import UNREADABLE
from webdoc_app.models import Company, Customer, Document, DocumentLine, StoredPdf
from webdoc_app.models.columns import new_id
from webdoc_app.services.content import seller_of
from webdoc_app.services.decoding import Sender, decoded
from webdoc_app.services.documents import adjustments_json
from webdoc_app.services.issuing import freeze
from webdoc_app.services.pdfs import PATIENCE_OF_ISSUING, render_soon
from webdoc_app.services.sharing import create_main_link
from webdoc_app.services.work import Actor, Work, insert_once, work

if TYPE_CHECKING:
    from webdoc_app.integrations.einvoice import ImportedInvoice, ImportedParty


async def import_invoice(company_id: str, data: bytes, filename: str, actor: Actor) -> str:
    """Reads the file and keeps it as an issued invoice, deposit or credit note. Returns the document's id.

    Raises Invalid naming the business term or `file`, Conflict for the very same file (by its SHA-256). A number
    that exists already is no obstacle: numbers are their sender's; the document says what it repeats.
    """
    invoice = await _read(company_id, data, filename)
    if not invoice.pdf:  # the file's own PDF is served as it is; without one it is to be drawn here
        _insist_size(invoice)
    async with work() as w:
        company = (
            await w.session.exec(select(Company).where(Company.id == company_id).with_for_update())
        ).one()
        same_file = select(Document.id).where(
            Document.company_id == company_id, Document.import_sha256 == invoice.sha256
        )
        if (await w.session.exec(same_file)).first():
            raise Conflict("Ce fichier a déjà été importé.")
        customer = await _customer(w, company, invoice.buyer)
        document = await _document(w, company, customer, invoice)
        w.session.add(document)
        await w.session.flush()
        w.session.add_all(_lines(document, invoice))
        await freeze(w, document)
        await create_main_link(w, document, customer.name, invoice.buyer.email or customer.email, actor)
        proof = {
            "file": invoice.filename,
            "number": document.number,
            "version": 1,
            "content_sha256": document.content_sha256,
        }
        w.record("document.imported", document, actor, proof)
        if invoice.pdf:
            await _keep_original(w, document, invoice.pdf, invoice.sha256)
        w.publish(document, "imported")
    await render_soon(company_id, document.id, patience=PATIENCE_OF_ISSUING)
    return document.id


async def _read(company_id: str, data: bytes, filename: str) -> "ImportedInvoice":
    """Read apart. Raises Invalid, TooMany."""
    from webdoc_app.integrations.einvoice.apart import READ, invoice_of
    from webdoc_app.integrations.einvoice.errors import EInvoiceError

    unreadable = Invalid.one("file", UNREADABLE)
    answer, xml = await decoded(Sender(company_id), READ, data, {"filename": filename}, unreadable)
    try:
        return invoice_of(answer, xml, data)
    except EInvoiceError as error:
        # The sentence is composed here; English readers get it from the error itself.
        raise UnreadableInvoice(error) from None


def _insist_size(invoice: "ImportedInvoice") -> None:
    insist_size((*invoice.notes, *(line.description for line in invoice.lines)))


class UnreadableInvoice(Invalid):
    """A file that is no sound e-invoice. `error` says it in either language."""

    def __init__(self, error: Any) -> None:
        super().__init__([FieldError(error.field, str(error))])
        self.error = error


async def _customer(w: Work, company: Company, buyer: "ImportedParty") -> Customer:
    """The customer the file names: known by VAT number, SIREN or name, else a new one."""
    for column, value in (
        (Customer.vat_number, buyer.vat_number),
        (Customer.siren, buyer.siren),
        (Customer.name, buyer.name),
    ):
        if value:
            query = select(Customer).where(Customer.company_id == company.id, column == value)
            if found := (await w.session.exec(query.order_by(col(Customer.created_at)).limit(1))).first():
                return found
    customer = Customer(
        id=new_id(),
        company_id=company.id,
        name=buyer.name,
        email=_usable_email(buyer.email),
        language=company.language,
        address=_address(buyer),
        siren=buyer.siren,
        vat_number=buyer.vat_number,
        created_at=w.at,
    )
    w.session.add(customer)
    await w.session.flush()
    return customer


def _usable_email(address: str) -> str:
    try:
        return clean_email(address, field="email")
    except Invalid:
        return ""


def _address(party: "ImportedParty") -> str:
    town = " ".join(part for part in (party.postcode, party.city) if part)
    country = party.country if party.country not in ("", "FR") else ""
    return "\n".join(part for part in (*party.address_lines, town, country) if part)


async def _document(w: Work, company: Company, customer: Customer, invoice: "ImportedInvoice") -> Document:
    document_id = new_id()
    totals = invoice.totals
    return Document(
        id=document_id,
        company_id=company.id,
        chain_id=document_id,
        customer_id=customer.id,
        kind=invoice.kind,
        state=State.ISSUED.value,
        number=invoice.number,
        notes="\n\n".join(invoice.notes),
        currency=invoice.currency,
        language=company.language,
        issue_date=invoice.issue_date,
        due_date=invoice.due_date,
        seller=_seller(company, invoice),
        customer=_buyer(invoice.buyer),
        adjustments=adjustments_json(_adjustments(invoice)),
        vat_breakdown=canonical_json(
            [
                {
                    "rate": decimal_text(row.rate),
                    "basis": row.basis,
                    "vat": row.vat,
                    "category": row.category,
                    "exemption": row.exemption_reason,
                }
                for row in invoice.vat_breakdown
            ]
        ),
        extras=canonical_json(_extras(invoice)),
        lines_minor=totals.lines,
        allowances_minor=totals.allowances,
        charges_minor=totals.charges,
        net_minor=totals.net,
        vat_minor=totals.vat,
        gross_minor=totals.gross,
        prepaid_minor=totals.prepaid,
        rounding_minor=totals.rounding,
        import_sha256=invoice.sha256,
        duplicate_of=await _same_number(w.session, company.id, invoice),
        created_at=w.at,
        updated_at=w.at,
        issued_at=w.at,
    )


async def _same_number(session: AsyncSession, company_id: str, invoice: "ImportedInvoice") -> str | None:
    query = select(Document.id).where(
        Document.company_id == company_id,
        Document.number == invoice.number,
        col(Document.import_sha256).is_not(None),
    )
    return (await session.exec(query.order_by(col(Document.created_at), col(Document.id)).limit(1))).first()


def _seller(company: Company, invoice: "ImportedInvoice") -> str:
    """The seller the file names, in the colours of the company that shares it."""
    seller = invoice.seller
    own = json.loads(seller_of(company))
    return canonical_json(
        {
            **dict.fromkeys(own, ""),
            "color": own["color"],
            "logo_sha256": own["logo_sha256"],
            "name": seller.name,
            "address": _address(seller),
            "siren": seller.siren,
            "vat_number": seller.vat_number,
            "email": seller.email,
            "phone": seller.contact_phone,
            "iban": invoice.payee_iban,
            "bic": invoice.payee_bic,
            "terms": invoice.payment_terms,
        }
    )


def _buyer(buyer: "ImportedParty") -> str:
    return canonical_json(
        {
            "name": buyer.name,
            "email": buyer.email,
            "address": _address(buyer),
            "siren": buyer.siren,
            "vat_number": buyer.vat_number,
        }
    )


def _adjustments(invoice: "ImportedInvoice") -> list[Adjustment]:
    def read(rows: Iterable[Any], *, is_charge: bool) -> list[Adjustment]:
        return [Adjustment(row.amount, Decimal(row.vat_rate), is_charge, row.reason) for row in rows]

    return read(invoice.allowances, is_charge=False) + read(invoice.charges, is_charge=True)


def _extras(invoice: "ImportedInvoice") -> dict[str, Any]:
    """What the file says beyond our own columns, as texts."""
    return {
        "type_code": invoice.type_code,
        "profile": invoice.profile,
        "filename": invoice.filename,
        "buyer_reference": invoice.buyer_reference,
        "order_reference": invoice.order_reference,
        "payment_reference": invoice.payment_reference,
        "delivery_date": invoice.delivery_date.isoformat() if invoice.delivery_date else "",
        "delivery_address": _address(invoice.ship_to) if invoice.ship_to else "",
        "delivery_name": invoice.ship_to.name if invoice.ship_to else "",
        "preceding_invoices": [
            {"number": p.number, "issue_date": p.issue_date.isoformat() if p.issue_date else ""}
            for p in invoice.preceding_invoices
        ],
    }


def _lines(document: Document, invoice: "ImportedInvoice") -> list[DocumentLine]:
    return [
        DocumentLine(
            id=new_id(),
            company_id=document.company_id,
            document_id=document.id,
            position=position,
            description=line.description,
            unit=line.unit_code,
            quantity=line.quantity,
            base_quantity=line.base_quantity,
            unit_price=line.unit_price,
            vat_rate=line.vat_rate,
            allowances_minor=sum(a.amount for a in line.allowances),
            charges_minor=sum(c.amount for c in line.charges),
            net_minor=line.net,
        )
        for position, line in enumerate(invoice.lines)
    ]


async def _keep_original(w: Work, document: Document, pdf: bytes, sha256: str) -> None:
    """The file as it came is the PDF to serve."""
    values = {
        "document_id": document.id,
        "version": document.version,
        "company_id": document.company_id,
        "sha256": sha256,
        "data": pdf,
        "created_at": w.at,
    }
    await insert_once(w.session, StoredPdf, values)
