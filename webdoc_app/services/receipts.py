"""Receipts: a page of paper for every payment, made of what its event swears to."""

import json
from collections.abc import Sequence

from sqlmodel import select

from webdoc_app.domain.content import canonical_json
from webdoc_app.domain.errors import Conflict, NotFound
from webdoc_app.models import Document, Payment, PaymentAttempt
from webdoc_app.models.columns import is_id, time_text
from webdoc_app.services.documents import find_document
from webdoc_app.services.pdfs import logo_for
from webdoc_app.services.sharing import open_with_token
from webdoc_app.services.work import reading, runtime


def came_home(payments: Sequence[Payment]) -> set[str]:
    """Of a document's ledger, the lines of refunds that failed: money in that nobody paid, so there is no receipt.

    Such a line has the provider's name of the refund whose money it is.
    """
    given_back = {(p.method, p.reference) for p in payments if p.amount_minor < 0}
    return {p.id for p in payments if p.amount_minor > 0 and (p.method, p.reference) in given_back}


async def receipt_pdf(token: str, payment_id: str) -> tuple[str, bytes]:
    """A file name and the PDF. Raises NotFound, LinkGone; Conflict where no PDF can be rendered now."""
    async with reading() as session:
        document = (await open_with_token(session, token)).document
    return await receipt_of(document.id, payment_id)


async def receipt_of_company(company_id: str, document_id: str, payment_id: str) -> tuple[str, bytes]:
    """The very same, for the merchant. Raises NotFound, Conflict."""
    async with reading() as session:
        document = await find_document(session, company_id, document_id)
    return await receipt_of(document.id, payment_id)


async def receipt_of(document_id: str, payment_id: str) -> tuple[str, bytes]:
    """A file name and the PDF. Raises NotFound; Conflict where no PDF can be rendered now."""
    async with reading() as session:
        document = await session.get_one(Document, document_id)
        payment = await session.get(Payment, payment_id) if is_id(payment_id) else None
        if payment is None or payment.document_id != document.id or payment.amount_minor <= 0:
            raise NotFound
        ledger = (await session.exec(select(Payment).where(Payment.document_id == document.id))).all()
        if payment.id in came_home(ledger):
            raise NotFound
        logo = await logo_for(session, document)
        of_test = select(PaymentAttempt.id).where(
            PaymentAttempt.document_id == document.id,
            PaymentAttempt.provider == payment.method,
            PaymentAttempt.captured_id == payment.reference,
            PaymentAttempt.mode == "test",
        )
        is_test = payment.reference != "" and (await session.exec(of_test)).first() is not None
    source = canonical_json(
        {
            "receipt": payment.id,
            "language": document.language,
            "number": document.number or "",
            "kind": document.kind,
            "seller": json.loads(document.seller or "{}"),
            "customer": json.loads(document.customer or "{}"),
            "amount_minor": payment.amount_minor,
            "currency": payment.currency,
            "gross_minor": document.agreed_gross_minor,
            "method": payment.method,
            "reference": payment.reference,
            "is_test": is_test,
            "paid_on": payment.paid_on.isoformat(),
            "at": time_text(payment.at),
        }
    )
    render = runtime().render_pdf
    if render is None:
        raise Conflict("Le PDF n’est pas encore prêt. Réessayez dans un instant.")
    return f"recu-{payment.id[:8]}.pdf", await render(source, logo)
