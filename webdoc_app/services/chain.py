"""The chain of a sale: a document becomes the next one, with what remains of it."""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, func, not_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.chain import ChainLine, remaining_quantities
from webdoc_app.domain.content import canonical_json
from webdoc_app.domain.documents import Adjustment, Kind, VatRow, price_of, spread_deposit
from webdoc_app.domain.errors import Conflict, NothingRemains
from webdoc_app.domain.lifecycle import BECOMES, State, insist_convertible, is_expired
from webdoc_app.locales import translate
from webdoc_app.locales.formats import paris_day, percent
from webdoc_app.models import Document, DocumentLine
from webdoc_app.services.documents import (
    DraftInput,
    LineInput,
    Origin,
    add_draft,
    adjustments_of,
    agreed_lines,
    find_document,
    input_of,
    lines_of,
    totals_with,
)
from webdoc_app.services.work import Actor, Work, work

_PRECEDENCE = ("", "ordered", "delivered", "invoiced")
KIND_NAMES = {
    Kind.QUOTE: "devis",
    Kind.ORDER: "bon de commande",
    Kind.DELIVERY: "bon de livraison",
    Kind.INVOICE: "facture",
    Kind.DEPOSIT: "facture d’acompte",
    Kind.CREDIT: "avoir",
}


async def convert_document(company_id: str, document_id: str, to: Kind, actor: Actor) -> str:
    """The draft of the next document, holding what remains of this one. Returns its id.

    Drafts count as taken: two conversions never hold the same goods twice. Raises Conflict where `to` does not
    follow, NothingRemains where all of it was already taken.
    """
    async with work() as w:
        source = await find_document(w.session, company_id, document_id, lock=True)
        return (await convert(w, source, to, actor)).id


async def convert(w: Work, source: Document, to: Kind, actor: Actor) -> Document:
    """The same within a transaction that does more; the source's row is locked. Where it raises, nothing was added."""
    kind, state = Kind(source.kind), State(source.state)
    expired = is_expired(kind, state, source.valid_until, paris_day(w.at))
    insist_convertible(kind, state, to, expired=expired)
    await _lock_chain(w.session, source)
    lines = (
        await _deposit_lines(w.session, source)
        if to is Kind.DEPOSIT
        else await _remaining_lines(w.session, source, to)
    )
    if not lines:
        raise NothingRemains("Il ne reste rien à reprendre de ce document.")
    draft = DraftInput(
        kind=to,
        customer_id=source.customer_id,
        lines=lines,
        currency=source.currency,
        language=source.language,
        title=source.title,
    )
    origin = Origin(source.id, source.chain_id, await _carried_adjustments(w.session, source, to))
    document = await add_draft(w, source.company_id, draft, actor, origin)
    document.deposit_percent = source.deposit_percent if to is Kind.ORDER else None
    w.record("document.converted", source, actor, {"to": to.value, "document_id": document.id})
    w.publish(source, "converted", to_client=False)
    return document


async def _lock_chain(session: AsyncSession, source: Document) -> None:
    """Two conversions in one chain follow one another, whichever document they start from."""
    await session.exec(select(Document.id).where(Document.id == source.chain_id).with_for_update())


async def chain_documents(session: AsyncSession, company_id: str, chain_id: str) -> list[Document]:
    """Oldest first."""
    query = select(Document).where(Document.company_id == company_id, Document.chain_id == chain_id)
    # Sorted here: asked for an order, SQLite walks all documents of the company in it rather than look up the chain.
    return sorted((await session.exec(query)).all(), key=lambda document: (document.created_at, document.id))


async def _chain_lines(
    session: AsyncSession, source: Document, *, issued_only: bool = False
) -> list[ChainLine]:
    query = (
        select(
            col(DocumentLine.id), col(DocumentLine.origin_id), col(Document.kind), col(DocumentLine.quantity)
        )
        .join(Document, col(Document.id) == col(DocumentLine.document_id))
        .where(Document.company_id == source.company_id, Document.chain_id == source.chain_id)
    )
    if issued_only:
        query = query.where(Document.state != State.DRAFT.value)
    return [ChainLine(i, o, Kind(k), q) for i, o, k, q in (await session.exec(query)).all()]


async def remaining(
    session: AsyncSession, source: Document, to: Kind, *, issued_only: bool = False
) -> dict[str, Decimal]:
    """Quantity left to turn into `to`, by line id of the source. Options that were not chosen are not its lines."""
    own = [line.id for line in agreed_lines(source, await lines_of(session, source.id))]
    return remaining_quantities(to, own, await _chain_lines(session, source, issued_only=issued_only))


async def _remaining_lines(session: AsyncSession, source: Document, to: Kind) -> list[LineInput]:
    left = await remaining(session, source, to)
    lines = agreed_lines(source, await lines_of(session, source.id))
    return [_taken_from(line, left[line.id], source.currency) for line in lines if left[line.id] > 0]


def _taken_from(line: DocumentLine, quantity: Decimal, currency: str) -> LineInput:
    whole = quantity == line.quantity
    taken = input_of(line)
    # An imported line may state a net that its printed, rounded price does not give: the difference goes along.
    gap = line.net_minor - taken.priced.net(currency) if whole else 0
    return LineInput(
        description=taken.description,
        unit_price=taken.unit_price,
        quantity=quantity,
        base_quantity=taken.base_quantity,
        discount_percent=taken.discount_percent,
        vat_rate=taken.vat_rate,
        unit=taken.unit,
        origin_id=line.id,
        allowances=line.allowances_minor + max(-gap, 0) if whole else 0,
        charges=line.charges_minor + max(gap, 0) if whole else 0,
    )


async def _carried_adjustments(session: AsyncSession, source: Document, to: Kind) -> Sequence[Adjustment]:
    """Document allowances and charges go with the first document of a kind made from the source, once."""
    adjustments = adjustments_of(source)
    if not adjustments or to is Kind.DEPOSIT:
        return ()
    query = select(Document.id).where(Document.origin_id == source.id, Document.kind == to.value)
    return () if (await session.exec(query)).first() else adjustments


async def _deposit_lines(session: AsyncSession, source: Document) -> list[LineInput]:
    """One line per VAT rate. A deposit is asked once: a second one finds nothing left, unless the first was credited."""
    if source.deposit_percent is None:
        raise Conflict("Ce document ne prévoit pas d’acompte.")
    if await standing_deposits(session, source):
        return []
    rows = await _agreed_vat(session, source)
    label = translate(
        "Acompte de %(percent)s sur %(document)s",
        source.language,
        {
            "percent": percent(source.deposit_percent, source.language),
            "document": source.number or "",
        },
    )
    return [
        LineInput(description=label, unit_price=price_of(row.basis, source.currency), vat_rate=row.rate)
        for row in spread_deposit(rows, source.deposit_percent)
    ]


async def _agreed_vat(session: AsyncSession, source: Document) -> Sequence[VatRow]:
    """The VAT breakdown of what was agreed to. An imported one is its file's own and has no options."""
    if chosen := json.loads(source.options):
        return totals_with(source, await lines_of(session, source.id), chosen).vat_breakdown
    return [VatRow(Decimal(r["rate"]), r["basis"], r["vat"]) for r in json.loads(source.vat_breakdown)]


async def standing_deposits(session: AsyncSession, document: Document) -> list[Document]:
    """The chain's deposit invoices, drafts too, but for those a credit note took back whole; oldest first."""
    query = select(Document).where(
        Document.company_id == document.company_id,
        Document.chain_id == document.chain_id,
        Document.kind == Kind.DEPOSIT.value,
        not_(and_(col(Document.credited_minor) > 0, col(Document.credited_minor) >= Document.gross_minor)),
    )
    return sorted((await session.exec(query)).all(), key=lambda each: (each.created_at, each.id))


async def references(session: AsyncSession, document: Document) -> str:
    """What an issued document keeps of its chain (canonical JSON).

    A credit note names the invoice it corrects (BG-3 of EN 16931; CGI ann. II art. 242 nonies A), an invoice the
    deposit invoices whose payment it deducts.
    """
    if document.kind == Kind.INVOICE and document.prepaid_minor and not document.import_sha256:
        paid = [each for each in await standing_deposits(session, document) if each.paid_minor > 0]
        return canonical_json({"deposits": [_reference(each) for each in paid]}) if paid else document.extras
    if document.kind != Kind.CREDIT or document.origin_id is None:
        return document.extras
    source = await find_document(session, document.company_id, document.origin_id)
    return canonical_json({"preceding_invoices": [_reference(source)]})


def _reference(bill: Document) -> dict[str, str | None]:
    return {"number": bill.number, "issue_date": bill.issue_date.isoformat() if bill.issue_date else ""}


async def deposits_paid(session: AsyncSession, invoice: Document) -> int:
    """What was paid on the chain's deposit invoices and no earlier invoice has counted yet (BT-113), minor units."""
    if invoice.kind != Kind.INVOICE:
        return 0
    same_chain = (Document.company_id == invoice.company_id, Document.chain_id == invoice.chain_id)
    paid = await _sum(session, Document.paid_minor, *same_chain, Document.kind == Kind.DEPOSIT.value)
    counted = await _sum(session, Document.prepaid_minor, *same_chain, Document.kind == Kind.INVOICE.value)
    return max(min(paid - counted, invoice.gross_minor), 0)


async def _sum(session: AsyncSession, column: Any, *where: Any) -> int:
    query = select(func.coalesce(func.sum(column), 0)).where(*where)
    return int((await session.execute(query)).scalar_one())


async def lock_source(session: AsyncSession, document: Document) -> None:
    """Whoever issues a document changes the one it was made from."""
    if document.origin_id is not None:
        await find_document(session, document.company_id, document.origin_id, lock=True)


async def tell_source(w: Work, document: Document) -> None:
    """The source of an issued document says what it became, once nothing of it is left; a credit lowers what is due."""
    if document.origin_id is None:
        return
    source = await find_document(w.session, document.company_id, document.origin_id, lock=True)
    kind = Kind(document.kind)
    if kind is Kind.CREDIT:
        source.credited_minor += document.gross_minor
    elif kind in BECOMES and not any((await remaining(w.session, source, kind, issued_only=True)).values()):
        source.became = max(source.became, BECOMES[kind], key=_PRECEDENCE.index)
    w.session.add(source)
    w.publish(source, "converted")
