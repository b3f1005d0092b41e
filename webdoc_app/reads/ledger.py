"""All money that came in and went back, as a company compares it with its bank and its providers."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, and_, case
from sqlalchemy import select as sql_select
from sqlalchemy.orm import aliased
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.payments import METHODS, PROVIDERS
from webdoc_app.locales import translate
from webdoc_app.locales.formats import long_date, money, month_name
from webdoc_app.models import Customer, Document, Payment, PaymentAttempt, Payout, PayoutLine
from webdoc_app.reads.client_payments import method_label

BY_HAND = "by_hand"
"""Not a method: all that was recorded by hand."""
WAYS = (*PROVIDERS, BY_HAND)
PAGE_SIZE = 25
MOST_MONTHS = 120


@dataclass(frozen=True)
class LedgerFilter:
    """`way` is one of WAYS, or empty for all; `month` is `2026-11`, or empty; pages count from 1."""

    company_id: str
    way: str = ""
    month: str = ""
    page: int = 1


@dataclass(frozen=True)
class LedgerRow:
    """A line of the ledger. `fee` is what the provider kept, empty where it does not say."""

    id: str
    document_id: str
    number: str
    customer: str
    day: str
    method: str
    reference: str
    amount: str
    fee: str
    is_refund: bool
    is_test: bool


@dataclass(frozen=True)
class LedgerTotals:
    """Of everything the filter lets through, in one currency; money of test accounts left out."""

    currency: str
    received: str
    refunded: str
    fees: str
    net: str


def read_way(text: str) -> str:
    return text if text in WAYS else ""


def read_month(text: str) -> str:
    """`2026-11` as it came in an address; empty for what is no month."""
    try:
        return f"{date.fromisoformat(f'{text}-01'):%Y-%m}" if len(text) == 7 else ""
    except ValueError:
        return ""


async def ledger_page(
    session: AsyncSession, wanted: LedgerFilter, language: str
) -> tuple[list[LedgerRow], bool]:
    """A page, newest first, and whether there are more."""
    query = _newest_first(_rows(wanted)).offset((wanted.page - 1) * PAGE_SIZE).limit(PAGE_SIZE + 1)
    found = (await session.execute(query)).all()
    rows = [
        _row(payment, number, customer, fee, mode, language) for payment, number, customer, fee, mode in found
    ]
    return rows[:PAGE_SIZE], len(found) > PAGE_SIZE


async def all_of_ledger(session: AsyncSession, wanted: LedgerFilter) -> AsyncIterator[Any]:
    """Rows of (Payment, number, customer, fee, mode, payout), newest first, a few hundred at a time."""
    query = _newest_first(_rows(wanted).add_columns(_payout())).execution_options(yield_per=500)
    async for row in await session.stream(query):
        yield row


async def ledger_totals(session: AsyncSession, wanted: LedgerFilter, language: str) -> list[LedgerTotals]:
    """One for each currency."""
    amount = col(Payment.amount_minor)
    query = (
        _joined(
            sql_select(
                col(Payment.currency),
                func.coalesce(func.sum(case((amount > 0, amount), else_=0)), 0),
                func.coalesce(func.sum(case((amount < 0, amount), else_=0)), 0),
                func.coalesce(func.sum(col(PaymentAttempt.fee_minor)), 0),
            )
        )
        .where(*_clauses(wanted), func.coalesce(_mode(), "") != "test")
        .group_by(col(Payment.currency))
        .order_by(col(Payment.currency))
    )
    totals = []
    for currency, received, refunded, fees in (await session.execute(query)).all():
        amounts = (received, refunded, -fees, received + refunded - fees)
        came, went, kept, net = (money(int(amount), currency, language) for amount in amounts)
        totals.append(LedgerTotals(currency, came, went, kept, net))
    return totals


async def ledger_months(session: AsyncSession, company_id: str, language: str) -> list[tuple[str, str]]:
    """Every month from the latest payment back to the first one: `("2026-11", "novembre 2026")`."""
    query = select(func.min(Payment.paid_on), func.max(Payment.paid_on)).where(
        Payment.company_id == company_id
    )
    first, last = (await session.exec(query)).one()
    return months_between(first, last, language)


def months_between(first: date | None, last: date | None, language: str) -> list[tuple[str, str]]:
    """Newest first, `MOST_MONTHS` of them."""
    if first is None or last is None:
        return []
    latest = last.year * 12 + last.month - 1
    earliest = max(first.year * 12 + first.month - 1, latest - MOST_MONTHS)
    days = [date(place // 12, place % 12 + 1, 1) for place in range(latest, earliest - 1, -1)]
    return [(f"{day:%Y-%m}", month_name(day, language)) for day in days]


def _rows(wanted: LedgerFilter) -> Select[Any]:
    return _joined(
        sql_select(
            Payment,
            col(Document.number),
            col(Customer.name),
            col(PaymentAttempt.fee_minor),
            _mode(),
        )
    ).where(*_clauses(wanted))


def _joined(query: Select[Any]) -> Select[Any]:
    """Each payment with its bill and its customer, and what its attempt knows where it came online."""
    return (
        query.select_from(Payment)
        .join(Document, col(Document.id) == col(Payment.document_id))
        .join(Customer, col(Customer.id) == col(Document.customer_id))
        .outerjoin(
            PaymentAttempt,
            and_(
                col(PaymentAttempt.document_id) == col(Payment.document_id),
                col(PaymentAttempt.provider) == col(Payment.method),
                col(PaymentAttempt.captured_id) == col(Payment.reference),
                col(PaymentAttempt.captured_id) != "",
            ),
        )
    )


def _mode() -> Any:
    """Test or live, null for what was recorded by hand. Money given back is of the mode its bill was paid in."""
    other = aliased(PaymentAttempt)
    of_bill = (
        sql_select(func.min(other.mode))
        .where(col(other.document_id) == col(Payment.document_id), col(other.provider) == col(Payment.method))
        .correlate(Payment)
        .scalar_subquery()
    )
    return func.coalesce(col(PaymentAttempt.mode), of_bill)


def _payout() -> Any:
    """The payout a payment came to the bank with, where its provider has told."""
    return (
        sql_select(func.min(Payout.reference))
        .join(PayoutLine, col(PayoutLine.payout_id) == col(Payout.id))
        .where(col(PayoutLine.payment_id) == col(Payment.id))
        .correlate(Payment)
        .scalar_subquery()
    )


def _clauses(wanted: LedgerFilter) -> Sequence[Any]:
    clauses: list[Any] = [col(Payment.company_id) == wanted.company_id]
    if wanted.way == BY_HAND:
        clauses.append(col(Payment.method).in_(METHODS))
    elif wanted.way:
        clauses.append(col(Payment.method) == wanted.way)
    return [*clauses, *in_month(col(Payment.paid_on), wanted.month)]


def in_month(day: Any, month: str) -> list[Any]:
    """The clauses that let a month's days through; none for every month."""
    if not month:
        return []
    year, number = (int(part) for part in month.split("-"))
    clauses = [day >= date(year, number, 1)]
    if (year, number) != (date.max.year, 12):
        clauses.append(day < date(year + number // 12, number % 12 + 1, 1))
    return clauses


def _newest_first(query: Select[Any]) -> Select[Any]:
    return query.order_by(col(Payment.paid_on).desc(), col(Payment.at).desc(), col(Payment.id))


def _row(
    payment: Payment, number: str | None, customer: str, fee: int | None, mode: str | None, language: str
) -> LedgerRow:
    is_refund = payment.amount_minor < 0
    method = method_label(payment.method, language)
    return LedgerRow(
        id=payment.id,
        document_id=payment.document_id,
        number=number or "",
        customer=customer,
        day=long_date(payment.paid_on, language),
        method=f"{translate('Remboursement', language)} · {method}" if is_refund else method,
        reference=payment.reference,
        amount=money(payment.amount_minor, payment.currency, language),
        fee=money(-fee, payment.currency, language) if fee is not None and not is_refund else "",
        is_refund=is_refund,
        is_test=mode == "test",
    )
