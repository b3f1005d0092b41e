"""The payments of a bill as the merchant sees them, and what of each can be given back."""

from dataclasses import dataclass

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.money import amount_text
from webdoc_app.domain.payments import AttemptWord
from webdoc_app.integrations.payments.contract import PaymentsError
from webdoc_app.integrations.payments.registry import KINDS
from webdoc_app.locales import translate
from webdoc_app.locales.formats import long_date, money
from webdoc_app.models import Document, Payment, PaymentAccount, PaymentAttempt
from webdoc_app.reads.client_payments import method_label
from webdoc_app.services.payment_accounts import provider_of
from webdoc_app.services.receipts import came_home


@dataclass(frozen=True)
class PaymentRow:
    """`receipt` is the address of its receipt; money given back has none, nor has what of it came home. `refundable` is what can be given back, as it is typed; empty where nothing can. `already` is minor units."""

    id: str
    label: str
    day: str
    amount: str
    receipt: str = ""
    refundable: str = ""
    already: int = 0


async def payments_of(session: AsyncSession, document: Document, language: str) -> list[PaymentRow]:
    """Newest last; money given back is a row of its own."""
    query = select(Payment).where(Payment.document_id == document.id)
    payments = (await session.exec(query.order_by(col(Payment.at), col(Payment.id)))).all()
    online = await _attempts(session, document)
    home = came_home(payments)
    return [_row(p, online.get(p.reference), p.id in home, language) for p in payments]


async def _attempts(session: AsyncSession, document: Document) -> dict[str, PaymentAttempt]:
    query = select(PaymentAttempt).where(
        PaymentAttempt.document_id == document.id, PaymentAttempt.state == AttemptWord.PAID.value
    )
    found = (await session.exec(query)).all()
    return {attempt.captured_id: attempt for attempt in found if await _gives_back(session, attempt)}


async def _gives_back(session: AsyncSession, attempt: PaymentAttempt) -> bool:
    """Whether money goes back from here: not through a form, which a shop's keys tell of."""
    if "way" not in KINDS[attempt.provider].options:
        return True
    try:
        return provider_of(await session.get_one(PaymentAccount, attempt.account_id)).answers
    except PaymentsError:
        return False


def _row(payment: Payment, attempt: PaymentAttempt | None, is_home: bool, language: str) -> PaymentRow:
    is_refund = payment.amount_minor < 0
    left = attempt.amount_minor - attempt.refunded_minor if attempt and not is_refund else 0
    text = amount_text(left, payment.currency)
    method = method_label(payment.method, language)
    what = "Remboursement non abouti" if is_home else "Remboursement" if is_refund else ""
    return PaymentRow(
        id=payment.id,
        label=f"{translate(what, language)} · {method}" if what else method,
        day=long_date(payment.paid_on, language),
        amount=money(payment.amount_minor, payment.currency, language),
        receipt="" if what else f"/app/documents/{payment.document_id}/receipts/{payment.id}",
        refundable=(text.replace(".", ",") if language == "fr" else text) if left > 0 else "",
        already=attempt.refunded_minor if attempt else 0,
    )
