"""What arrived at the bank from the providers, and which payments each sum is made of."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, and_, case
from sqlalchemy import select as sql_select
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.integrations.payments.payouts import LineKind, PayoutState
from webdoc_app.integrations.payments.registry import KINDS
from webdoc_app.locales import translate
from webdoc_app.locales.formats import long_date, money
from webdoc_app.models import Customer, Document, Payment, PaymentAccount, Payout, PayoutLine
from webdoc_app.reads.ledger import PAGE_SIZE, in_month, months_between

MOST_LINES = 200
"""Shown of one payout; its file has them all."""
MATCHED = (LineKind.PAYMENT.value, LineKind.REFUND.value)
"""What should be in the ledger. A dispute is there only once it is lost."""
STATES = {
    PayoutState.PENDING: ("draft", "Annoncé"),
    PayoutState.IN_TRANSIT: ("processing", "En route"),
    PayoutState.PAID: ("paid", "Versé"),
    PayoutState.FAILED: ("overdue", "Échoué"),
    PayoutState.CANCELED: ("cancelled", "Annulé"),
}
KIND_NAMES = {
    LineKind.PAYMENT: "Paiement",
    LineKind.REFUND: "Remboursement",
    LineKind.DISPUTE: "Litige",
    LineKind.OTHER: "Frais et corrections",
}
_COUNTS = (
    (LineKind.PAYMENT, "1 paiement", "%(count)s paiements"),
    (LineKind.REFUND, "1 remboursement", "%(count)s remboursements"),
    (LineKind.DISPUTE, "1 litige", "%(count)s litiges"),
    (LineKind.OTHER, "1 autre opération", "%(count)s autres opérations"),
)


class Problem(StrEnum):
    """What may be strange about a payout: the bank sent it back, it does not add up, it holds money not of ours."""

    NONE = ""
    FAILED = "failed"
    GAP = "gap"
    FOREIGN = "foreign"


@dataclass(frozen=True)
class PayoutFilter:
    """`month` is `2026-11`, or empty; `payout_id` one payout, or empty; pages count from 1."""

    company_id: str
    month: str = ""
    payout_id: str = ""
    page: int = 1
    since: date | None = None


@dataclass(frozen=True)
class PayoutRow:
    """A sum at the bank. `contents`, `gross` and `fees` are empty where the provider does not itemize it."""

    id: str
    provider: str
    reference: str
    day: str
    state: str
    state_label: str
    amount: str
    contents: str
    gross: str
    fees: str
    problem_kind: str
    problem: str
    is_test: bool


@dataclass(frozen=True)
class PayoutLineRow:
    """`document_id` is empty where nothing of ours is known of it."""

    id: str
    kind: str
    document_id: str
    number: str
    customer: str
    reference: str
    gross: str
    fee: str
    net: str


async def payout_page(
    session: AsyncSession, wanted: PayoutFilter, language: str
) -> tuple[list[PayoutRow], bool]:
    """A page, the latest to arrive first, and whether there are more."""
    query = (
        _with_sums(wanted)
        .order_by(col(Payout.arrives_on).desc(), col(Payout.sent_at).desc(), col(Payout.id))
        .offset((wanted.page - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE + 1)
    )
    found = (await session.execute(query)).all()
    return [_row(payout, sums, language) for payout, *sums in found[:PAGE_SIZE]], len(found) > PAGE_SIZE


async def payout_lines(session: AsyncSession, wanted: PayoutFilter, language: str) -> list[PayoutLineRow]:
    """The first of one payout's lines, payments before the rest, each with its bill."""
    query = _lines(wanted).where(col(PayoutLine.id).is_not(None)).order_by(*LINE_ORDER).limit(MOST_LINES)
    found = (await session.execute(query)).all()
    return [_line_row(payout, line, *bill, language=language) for payout, line, *bill in found]


async def all_lines(session: AsyncSession, wanted: PayoutFilter) -> AsyncIterator[Any]:
    """Rows of (Payout, PayoutLine or None, document id, number, customer), a few hundred at a time."""
    query = _lines(wanted).order_by(col(Payout.arrives_on).desc(), col(Payout.id), *LINE_ORDER)
    async for row in await session.stream(query.execution_options(yield_per=500)):
        yield row


async def payout_months(session: AsyncSession, company_id: str, language: str) -> list[tuple[str, str]]:
    """As `ledger.ledger_months`, of the days of arrival."""
    query = select(func.min(Payout.arrives_on), func.max(Payout.arrives_on)).where(
        Payout.company_id == company_id
    )
    first, last = (await session.exec(query)).one()
    return months_between(first, last, language)


async def payout_hints(session: AsyncSession, company_id: str, language: str) -> list[str]:
    """Which of the connected accounts tell nothing of payouts, and what to do about it."""
    query = select(PaymentAccount.provider, func.max(PaymentAccount.payouts_error)).where(
        PaymentAccount.company_id == company_id
    )
    hints = []
    for provider, error in (await session.exec(query.group_by(col(PaymentAccount.provider)))).all():
        words = {"provider": KINDS[provider].label}
        if not KINDS[provider].tells_payouts:
            sentence = (
                "%(provider)s ne transmet pas ses versements : comparez-les dans votre espace %(provider)s."
            )
            hints.append(translate(sentence, language, words))
        elif error:
            sentence = (
                "Vos clés %(provider)s n’autorisent pas la lecture des versements. Ajoutez ce droit chez %(provider)s : "
                "les versements apparaîtront ici dans l’heure."
            )
            hints.append(translate(sentence, language, words))
    return hints


LINE_ORDER = (
    case({kind.value: rank for rank, kind in enumerate(LineKind)}, value=col(PayoutLine.kind), else_=9),
    col(PayoutLine.id),
)


def _with_sums(wanted: PayoutFilter) -> Select[Any]:
    """Each payout with its lines counted by kind, their gross and fees, and those the ledger does not know."""
    kind, gross = col(PayoutLine.kind), col(PayoutLine.gross_minor)
    is_foreign = and_(kind.in_(MATCHED), col(Payment.id).is_(None))

    def total(value: Any) -> Any:
        return func.coalesce(func.sum(value), 0)

    return (
        sql_select(
            Payout,
            *(total(case((kind == each.value, 1), else_=0)) for each in LineKind),
            total(gross),
            total(col(PayoutLine.fee_minor)),
            total(case((is_foreign, 1), else_=0)),
            total(case((is_foreign, gross), else_=0)),
        )
        .outerjoin(PayoutLine, col(PayoutLine.payout_id) == col(Payout.id))
        .outerjoin(Payment, col(Payment.id) == col(PayoutLine.payment_id))
        .where(*_clauses(wanted))
        .group_by(col(Payout.id))
    )


def _lines(wanted: PayoutFilter) -> Select[Any]:
    columns: tuple[Any, ...] = (Payout, PayoutLine, Document.id, Document.number, Customer.name)
    return (
        sql_select(*columns)
        .outerjoin(PayoutLine, col(PayoutLine.payout_id) == col(Payout.id))
        .outerjoin(Payment, col(Payment.id) == col(PayoutLine.payment_id))
        .outerjoin(Document, col(Document.id) == col(Payment.document_id))
        .outerjoin(Customer, col(Customer.id) == col(Document.customer_id))
        .where(*_clauses(wanted))
    )


def _clauses(wanted: PayoutFilter) -> list[Any]:
    clauses = [col(Payout.company_id) == wanted.company_id, *in_month(col(Payout.arrives_on), wanted.month)]
    if wanted.since:
        clauses.append(col(Payout.arrives_on) >= wanted.since)
    return [*clauses, col(Payout.id) == wanted.payout_id] if wanted.payout_id else clauses


def _row(payout: Payout, sums: Sequence[Any], language: str) -> PayoutRow:
    *counts, gross, fees, foreign, foreign_minor = (int(each) for each in sums)
    state, label = STATES[PayoutState(payout.state)]
    kind, problem = _problem(payout, gross - fees, foreign, foreign_minor, language)

    def amount(minor: int) -> str:
        return money(minor, payout.currency, language)

    named = [
        translate(one if count == 1 else several, language, {"count": count})
        for count, (_, one, several) in zip(counts, _COUNTS, strict=True)
        if count
    ]
    return PayoutRow(
        id=payout.id,
        provider=KINDS[payout.provider].label,
        reference=payout.reference,
        day=long_date(payout.arrives_on, language),
        state=state,
        state_label=translate(label, language),
        amount=amount(payout.amount_minor),
        contents=", ".join(named),
        gross=amount(gross) if payout.is_itemized else "",
        fees=amount(-fees) if payout.is_itemized else "",
        problem_kind=kind.value,
        problem=problem,
        is_test=payout.mode == "test",
    )


def _problem(
    payout: Payout, net: int, foreign: int, foreign_minor: int, language: str
) -> tuple[Problem, str]:
    """The first thing that is strange about it, and the same in words."""
    if payout.state == PayoutState.FAILED:
        sentence = "La banque a refusé ce versement : vérifiez votre compte bancaire chez %(provider)s."
        words: dict[str, object] = {"provider": KINDS[payout.provider].label}
        return Problem.FAILED, translate(sentence, language, words)
    if payout.is_itemized and net != payout.amount_minor:
        words = {"amount": money(payout.amount_minor - net, payout.currency, language)}
        sentence = "Écart de %(amount)s entre ses opérations et son montant : comparez chez le prestataire."
        return Problem.GAP, translate(sentence, language, words)
    if foreign:
        words = {"count": foreign, "amount": money(foreign_minor, payout.currency, language)}
        one = "Dont 1 opération sans facture ici, de %(amount)s."
        several = "Dont %(count)s opérations sans facture ici, %(amount)s en tout."
        return Problem.FOREIGN, translate(one if foreign == 1 else several, language, words)
    return Problem.NONE, ""


def _line_row(
    payout: Payout,
    line: PayoutLine,
    document_id: str | None,
    number: str | None,
    customer: str | None,
    *,
    language: str,
) -> PayoutLineRow:
    def amount(minor: int) -> str:
        return money(minor, payout.currency, language)

    return PayoutLineRow(
        id=line.id,
        kind=translate(KIND_NAMES[LineKind(line.kind)], language),
        document_id=document_id or "",
        number=number or "",
        customer=customer or "",
        reference=line.reference,
        gross=amount(line.gross_minor),
        fee=amount(-line.fee_minor) if line.fee_minor else "",
        net=amount(line.gross_minor - line.fee_minor),
    )
