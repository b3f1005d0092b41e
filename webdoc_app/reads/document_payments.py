"""The payments of a bill as the merchant sees them, and what of each can be given back."""

from dataclasses import dataclass

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.money import amount_text
from webdoc_app.domain.payments import AttemptWord
from webdoc_app.locales import translate
from webdoc_app.locales.formats import long_date, money
from webdoc_app.models import Document, Payment, PaymentAttempt
from webdoc_app.reads.client_payments import method_label


@dataclass(frozen=True)
class PaymentRow:
    """`receipt` is the address of its receipt; money given back has none. `refundable` is what can be given back, as it is typed; empty where nothing can. `already` is minor units."""

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
    return [_row(payment, online.get(payment.reference), language) for payment in payments]


async def _attempts(session: AsyncSession, document: Document) -> dict[str, PaymentAttempt]:
    query = select(PaymentAttempt).where(
        PaymentAttempt.document_id == document.id, PaymentAttempt.state == AttemptWord.PAID.value
    )
    return {attempt.captured_id: attempt for attempt in (await session.exec(query)).all()}


def _row(payment: Payment, attempt: PaymentAttempt | None, language: str) -> PaymentRow:
    is_refund = payment.amount_minor < 0
    left = attempt.amount_minor - attempt.refunded_minor if attempt and not is_refund else 0
    text = amount_text(left, payment.currency)
    method = method_label(payment.method, language)
    return PaymentRow(
        id=payment.id,
        label=f"{translate('Remboursement', language)} · {method}" if is_refund else method,
        day=long_date(payment.paid_on, language),
        amount=money(payment.amount_minor, payment.currency, language),
        receipt="" if is_refund else f"/app/documents/{payment.document_id}/receipts/{payment.id}",
        refundable=(text.replace(".", ",") if language == "fr" else text) if left > 0 else "",
        already=attempt.refunded_minor if attempt else 0,
    )
