"""What goes along with mails: the frozen PDF where it is wanted and light enough, the receipt of a payment."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count

import pytest
from sqlmodel import col, select

from tests.services.conftest import ACTOR, World, execute
from webdoc_app.domain.documents import Kind
from webdoc_app.domain.errors import Invalid
from webdoc_app.integrations.pdf import PdfRenderer
from webdoc_app.models import Company, OutboxMail, Payment, StoredPdf
from webdoc_app.reads.pdf_pages import pdf_page
from webdoc_app.services import documents, issuing, sending
from webdoc_app.services.attachments import NotReady, attachments_of
from webdoc_app.services.companies import change_settings
from webdoc_app.services.mails import queue_receipt_mail
from webdoc_app.services.payments import PaymentInput, record_payment
from webdoc_app.services.sharing import main_link
from webdoc_app.services.work import reading, runtime, today, work


async def sent(world: World, attach_pdf: bool | None) -> OutboxMail:
    letter = sending.Letter("claire@example.org", attach_pdf=attach_pdf)
    await sending.send_document(world.company_id, world.quote_id, letter, ACTOR)
    async with reading() as session:
        query = select(OutboxMail).order_by(col(OutboxMail.created_at).desc())
        return (await session.exec(query)).all()[0]


async def test_the_pdf_goes_along_where_the_company_or_the_sender_wants_it(world: World) -> None:
    runtime().clock = _steps()
    assert [(await sent(world, wanted)).attachments for wanted in (None, False)] == ["[]", "[]"]
    [entry] = json.loads((await sent(world, True)).attachments)
    assert entry == {"kind": "document", "document_id": world.quote_id, "version": 1}
    await change_settings(world.company_id, {"attach_pdf": "yes"})
    assert json.loads((await sent(world, None)).attachments) == [entry]
    assert (await sent(world, False)).attachments == "[]"

    async with work() as w:
        heavy = StoredPdf(
            document_id=world.quote_id,
            version=1,
            company_id=world.company_id,
            sha256="",
            data=bytes(sending.HEAVIEST + 1),
            created_at=w.at,
        )
        w.session.add(heavy)
    assert (await sent(world, None)).attachments == "[]"
    before = await execute("SELECT count(*) FROM outbox_mails")
    with pytest.raises(Invalid) as refused:
        await sent(world, True)
    assert refused.value.errors[0].field == "attach_pdf"
    assert await execute("SELECT count(*) FROM outbox_mails") == before


async def test_a_receipt_goes_along_with_the_mail_that_confirms_a_payment(world: World) -> None:
    async with reading() as session:
        quote = await documents.find_document(session, world.company_id, world.quote_id)
    line = documents.LineInput("Table", Decimal(100))
    draft = documents.DraftInput(Kind.INVOICE, quote.customer_id, [line])
    invoice = await documents.create_draft(world.company_id, draft, ACTOR)
    await issuing.issue_document(world.company_id, invoice, ACTOR)
    paid = PaymentInput(5_000, "transfer", today(), "")
    payment_id = await record_payment(world.company_id, invoice, paid, ACTOR)
    async with work() as w:
        document = await documents.find_document(w.session, world.company_id, invoice)
        link = await main_link(w.session, invoice)
        assert link is not None
        link.recipient_email = "claire@example.org"
        company = await w.session.get_one(Company, world.company_id)
        payment = await w.session.get_one(Payment, payment_id)
        mail = await queue_receipt_mail(w, document, company, link, payment)
    with pytest.raises(NotReady):
        await attachments_of(mail)
    renderer = PdfRenderer(pdf_page)
    runtime().render_pdf = renderer.render
    try:
        [file] = await attachments_of(mail)
    finally:
        renderer.close()
    assert file.filename == f"recu-{payment_id[:8]}.pdf"
    assert file.data.startswith(b"%PDF")
    assert "Le reçu est joint" in mail.text_body


def _steps() -> Callable[[], datetime]:
    """A clock that goes on at each look: mails have an order."""
    begin, ticks = runtime().clock(), count()
    return lambda: begin + timedelta(milliseconds=next(ticks))
