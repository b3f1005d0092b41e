"""Receipts: a page of paper for every payment, made of what its event swears to."""

import hashlib
import json
from collections.abc import Sequence

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.content import canonical_json
from webdoc_app.domain.errors import Conflict, NotFound
from webdoc_app.models import Document, Payment, PaymentAttempt, StoredReceipt
from webdoc_app.models.columns import is_id, time_text
from webdoc_app.services.documents import find_document
from webdoc_app.services.pdfs import logo_for
from webdoc_app.services.rendering import NOT_READY, Render, rendered
from webdoc_app.services.sharing import open_with_token
from webdoc_app.services.work import insert_once, now, reading, runtime, work


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


async def receipt_of(document_id: str, payment_id: str, *, urgent: bool = True) -> tuple[str, bytes]:
    """A file name and the PDF, rendered once: from then on the same bytes for ever.

    Raises NotFound; Conflict where no PDF can be rendered now, TooMany.
    """
    async with reading() as session:
        document = await session.get_one(Document, document_id)
        payment = await _paid(session, document, payment_id)
        name = f"recu-{payment.id[:8]}.pdf"
        if stored := await session.get(StoredReceipt, payment.id):
            return name, stored.data
    if runtime().render_pdf is None:
        raise Conflict(NOT_READY)

    async def make(render: Render) -> bytes:
        async with reading() as session:
            if stored := await session.get(StoredReceipt, payment.id):
                return stored.data  # by somebody who asked between our look and our turn
            source = await _source(session, document, payment)
            logo = await logo_for(session, document)
        return await _keep(payment, await render(source, logo))

    return name, await rendered(f"receipt {payment.id}", document.company_id, make, urgent=urgent)


async def _paid(session: AsyncSession, document: Document, payment_id: str) -> Payment:
    """The payment, if there is a receipt for it. Raises NotFound."""
    payment = await session.get(Payment, payment_id) if is_id(payment_id) else None
    if payment is None or payment.document_id != document.id or payment.amount_minor <= 0:
        raise NotFound
    ledger = (await session.exec(select(Payment).where(Payment.document_id == document.id))).all()
    if payment.id in came_home(ledger):
        raise NotFound
    return payment


async def _source(session: AsyncSession, document: Document, payment: Payment) -> str:
    of_test = select(PaymentAttempt.id).where(
        PaymentAttempt.document_id == document.id,
        PaymentAttempt.provider == payment.method,
        PaymentAttempt.captured_id == payment.reference,
        PaymentAttempt.mode == "test",
    )
    is_test = payment.reference != "" and (await session.exec(of_test)).first() is not None
    return canonical_json(
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


async def _keep(payment: Payment, data: bytes) -> bytes:
    """Of two rendered at once, the first one stored is the receipt."""
    values = {
        "payment_id": payment.id,
        "document_id": payment.document_id,
        "company_id": payment.company_id,
        "sha256": hashlib.sha256(data).hexdigest(),
        "data": data,
        "created_at": now(),
    }
    async with work() as w:
        if await insert_once(w.session, StoredReceipt, values):
            return data
        return (await w.session.get_one(StoredReceipt, payment.id)).data
