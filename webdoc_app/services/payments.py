"""Payments taken elsewhere - a cheque, a transfer, cash - recorded by hand."""

from dataclasses import dataclass
from datetime import date

from webdoc_app.domain.documents import BILLS
from webdoc_app.domain.errors import Conflict, Invalid
from webdoc_app.domain.lifecycle import State
from webdoc_app.domain.money import amount_text
from webdoc_app.domain.payments import METHODS
from webdoc_app.locales.formats import paris_day
from webdoc_app.models import Payment
from webdoc_app.models.columns import new_id
from webdoc_app.services.documents import find_document
from webdoc_app.services.work import Actor, work


@dataclass(frozen=True)
class PaymentInput:
    """`amount_minor` in minor units of the bill's currency."""

    amount_minor: int
    method: str
    paid_on: date
    reference: str = ""


async def record_payment(company_id: str, document_id: str, payment: PaymentInput, actor: Actor) -> str:
    """Adds a payment to an issued bill. Returns its id. Raises Conflict (not a bill, a draft), Invalid."""
    async with work() as w:
        document = await find_document(w.session, company_id, document_id, lock=True)
        if document.kind not in BILLS:
            raise Conflict("Seules les factures reçoivent des paiements.")
        if document.state == State.DRAFT.value:
            raise Conflict("Ce document est encore un brouillon.")
        if payment.method not in METHODS:
            raise Invalid.one("method", "Ce moyen de paiement n’est pas connu.")
        if payment.amount_minor <= 0:
            raise Invalid.one("amount", "Le montant doit être supérieur à zéro.")
        if payment.paid_on > paris_day(w.at):
            raise Invalid.one("paid_on", "Cette date est dans le futur.")
        row = Payment(
            id=new_id(),
            company_id=company_id,
            document_id=document_id,
            amount_minor=payment.amount_minor,
            currency=document.currency,
            method=payment.method,
            paid_on=payment.paid_on,
            reference=payment.reference,
            at=w.at,
        )
        w.session.add(row)
        document.paid_minor += payment.amount_minor
        document.updated_at = w.at
        w.session.add(document)
        w.record("payment.recorded", document, actor, receipt_of(row))
        w.publish(document, "payment")
    return row.id


def receipt_of(row: Payment) -> dict[str, object]:
    """Every column of a payment as its event keeps it: the audit compares the two."""
    return {
        "payment_id": row.id,
        "amount": amount_text(row.amount_minor, row.currency),
        "amount_minor": row.amount_minor,
        "currency": row.currency,
        "method": row.method,
        "paid_on": row.paid_on.isoformat(),
        "reference": row.reference,
    }
