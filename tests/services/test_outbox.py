"""Mails leave through a real SMTP server, once each; a refusal keeps them waiting."""

import socket
from collections.abc import Iterator
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlmodel import select

from tests.services.conftest import ACTOR, World
from webdoc_app.integrations.mail.smtp import SmtpPostman
from webdoc_app.integrations.pdf import PdfRenderer
from webdoc_app.models import OutboxMail, ShareLink
from webdoc_app.postman import delivering
from webdoc_app.reads.pdf_pages import pdf_page
from webdoc_app.services import decisions, sending
from webdoc_app.services.nonces import new_nonce
from webdoc_app.services.outbox import deliver_due
from webdoc_app.services.pdfs import ensure_pdf
from webdoc_app.services.tracking import Visitor
from webdoc_app.services.work import reading, runtime, work


class Inbox:
    def __init__(self) -> None:
        self.mails: list[Message] = []
        self.answer = "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.answer.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.mails.append(message_from_bytes(envelope.content))
        return self.answer


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, str]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    handler = Inbox()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler, f"smtp://127.0.0.1:{port}"
    controller.stop()


async def carry(url: str) -> int:
    return await deliver_due(delivering(SmtpPostman(url)))


async def the_mail() -> OutboxMail:
    async with reading() as session:
        return (await session.exec(select(OutboxMail))).one()


async def test_a_sent_document_reaches_its_client_once(world: World, inbox: tuple[Inbox, str]) -> None:
    handler, url = inbox
    letter = sending.Letter(to="claire@example.org", subject="Votre devis")
    await sending.send_document(world.company_id, world.quote_id, letter, ACTOR)
    assert await carry(url) == 1
    assert await carry(url) == 0
    (mail,) = handler.mails
    kept = await the_mail()
    assert (kept.state, mail["Message-ID"]) == ("sent", kept.message_id)
    assert str(make_header(decode_header(mail["Subject"]))) == "Votre devis"
    texts = [part.get_payload(decode=True) for part in mail.walk() if part.get_content_type() == "text/plain"]
    assert world.token.encode() in bytes(texts[0])


async def test_a_refused_mail_waits_and_says_why(world: World, inbox: tuple[Inbox, str]) -> None:
    handler, url = inbox
    handler.answer = "451 later, please"
    await sending.send_document(
        world.company_id, world.quote_id, sending.Letter(to="claire@example.org"), ACTOR
    )
    assert await carry(url) == 1
    kept = await the_mail()
    assert (kept.state, kept.attempts) == ("queued", 1)
    assert "451" in kept.last_error or "later" in kept.last_error
    assert kept.next_at > kept.created_at


async def test_a_confirmation_carries_the_pdf_that_was_frozen(world: World, inbox: tuple[Inbox, str]) -> None:
    handler, url = inbox
    renderer = PdfRenderer(pdf_page)
    runtime().render_pdf = renderer.render
    try:
        frozen = await ensure_pdf(world.company_id, world.quote_id)
        async with work() as w:
            link = (await w.session.exec(select(ShareLink))).one()
            link.recipient_email = "claire@example.org"
            w.session.add(link)
        nonce = new_nonce(world.quote_id, decisions.PURPOSE)
        form = decisions.DecisionForm("accept", "1", nonce, "Claire")
        await decisions.decide_with_token(world.token, form, Visitor())
        assert await carry(url) == 1
    finally:
        renderer.close()
    (mail,) = handler.mails
    (attached,) = [part for part in mail.walk() if part.get_filename()]
    assert attached.get_filename() == "D-2026-00001.pdf"
    assert attached.get_payload(decode=True) == frozen
