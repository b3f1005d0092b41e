"""The deal a document belongs to, as a client sees it: each document and payment in its time, and what remains."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.documents import BILLS, Kind, Line, compute_totals
from webdoc_app.domain.lifecycle import State
from webdoc_app.locales import translate
from webdoc_app.locales.formats import long_date, money, paris_day
from webdoc_app.models import Document, DocumentLine, Payment
from webdoc_app.reads.sheet import KIND_LABELS, Labelled
from webdoc_app.reads.status import LABELS, balance_of, shown_status_of
from webdoc_app.services import chain
from webdoc_app.services.documents import lines_of
from webdoc_app.services.sharing import Access, token_of
from webdoc_app.services.work import today


@dataclass(frozen=True)
class DealStep:
    """A document or a payment. `path` is made from the link in hand; empty for this page's document and payments."""

    kind: str
    number: str
    status: str
    status_label: str
    amount: str
    day: str
    path: str
    is_here: bool = False


@dataclass(frozen=True)
class Deal:
    """`steps` in their order of time; `remains` is what is still to deliver, to invoice, to pay."""

    steps: tuple[DealStep, ...] = ()
    remains: tuple[Labelled, ...] = ()


async def deal_of(session: AsyncSession, access: Access, language: str) -> Deal:
    """All issued documents of the same deal, customer and company, and what was paid. Empty for one alone."""
    documents = await _issued(session, access.document)
    payments = await _payments(session, documents)
    if len(documents) < 2 and not payments:
        return Deal()
    steps: list[tuple[date, int, DealStep]] = []
    for place, document in enumerate(documents):
        day = document.issue_date or paris_day(document.created_at)
        steps.append((day, place, _document_step(document, access, language)))
    last = len(documents)
    steps.extend((payment.paid_on, last, _payment_step(payment, language)) for payment in payments)
    ordered = tuple(step for _, _, step in sorted(steps, key=lambda s: (s[0], s[1])))
    return Deal(ordered, tuple(await _remains(session, documents, language)))


async def _issued(session: AsyncSession, document: Document) -> list[Document]:
    query = select(Document).where(
        Document.company_id == document.company_id,
        Document.chain_id == document.chain_id,
        Document.customer_id == document.customer_id,
        Document.state != State.DRAFT.value,
    )
    # Sorted here, as in services/chain: an order asked for costs SQLite a walk through the whole company.
    return sorted((await session.exec(query)).all(), key=lambda other: (other.created_at, other.id))


async def _payments(session: AsyncSession, documents: list[Document]) -> list[Payment]:
    bills = [document.id for document in documents if document.kind in BILLS and document.paid_minor]
    if not bills:
        return []
    query = select(Payment).where(col(Payment.document_id).in_(bills))
    return list((await session.exec(query.order_by(col(Payment.at)))).all())


def _document_step(document: Document, access: Access, language: str) -> DealStep:
    status = shown_status_of(document, today())
    is_here = document.id == access.document.id
    return DealStep(
        kind=translate(KIND_LABELS[Kind(document.kind)], language),
        number=document.number or "",
        status=status,
        status_label=translate(LABELS[status], language),
        amount=money(document.agreed_gross_minor, document.currency, language),
        day=long_date(document.issue_date, language) if document.issue_date else "",
        path="" if is_here else f"/d/{token_of(access.link, document.id)}",
        is_here=is_here,
    )


def _payment_step(payment: Payment, language: str) -> DealStep:
    return DealStep(
        kind=translate("Paiement reçu" if payment.amount_minor > 0 else "Remboursement", language),
        number="",
        status="paid" if payment.amount_minor > 0 else "refunded",
        status_label="",
        amount=money(payment.amount_minor, payment.currency, language),
        day=long_date(payment.paid_on, language),
        path="",
    )


async def _remains(session: AsyncSession, documents: list[Document], language: str) -> list[Labelled]:
    rows: list[Labelled] = []
    base = next((d for d in documents if _binds(d)), None)
    kinds = {document.kind for document in documents}
    if base and Kind.DELIVERY in kinds:
        count = len(
            [
                left
                for left in (await chain.remaining(session, base, Kind.DELIVERY, issued_only=True)).values()
                if left
            ]
        )
        if count:
            text = translate(
                "%(count)s ligne" if count == 1 else "%(count)s lignes", language, {"count": count}
            )
            rows.append(Labelled(translate("Reste à livrer", language), text))
    if base and kinds & BILLS and (minor := await _to_invoice(session, base)) > 0:
        rows.append(Labelled(translate("Reste à facturer", language), money(minor, base.currency, language)))
    due = sum(max(balance_of(d).due, 0) for d in documents if d.kind in BILLS)
    if due:
        rows.append(
            Labelled(translate("Reste à payer", language), money(due, documents[0].currency, language))
        )
    return rows


def _binds(document: Document) -> bool:
    """A quote that was accepted or had a sequel, or an order: what the deal is about."""
    if document.kind == Kind.QUOTE:
        return document.state == State.ACCEPTED.value or bool(document.became)
    return document.kind == Kind.ORDER and document.state != State.REFUSED.value


async def _to_invoice(session: AsyncSession, base: Document) -> int:
    """Gross of what no invoice holds yet, minor units."""
    left = await chain.remaining(session, base, Kind.INVOICE, issued_only=True)
    lines = [_part(line, left[line.id]) for line in await lines_of(session, base.id) if left.get(line.id)]
    return compute_totals(lines, base.currency).gross if lines else 0


def _part(line: DocumentLine, quantity: Decimal) -> Line:
    whole = quantity == line.quantity
    return Line(
        line.unit_price,
        quantity,
        line.base_quantity,
        line.discount_percent,
        line.vat_rate,
        line.allowances_minor if whole else 0,
        line.charges_minor if whole else 0,
    )
