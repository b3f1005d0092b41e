"""A company in which every table of record has rows, written by the product's own use cases."""

import io
from datetime import timedelta
from decimal import Decimal

from PIL import Image

from tests.services.conftest import ACTOR, World
from webdoc_app.domain.documents import Kind
from webdoc_app.models import Opening, PaymentAccount, PaymentAttempt
from webdoc_app.models.columns import new_id
from webdoc_app.services import (
    certificates,
    companies,
    conversation,
    decisions,
    documents,
    files,
    history_care,
    issuing,
    links,
    openings,
    payments,
    receipts,
    sharing,
    tracking,
)
from webdoc_app.services.decoding import Sender
from webdoc_app.services.nonces import new_nonce
from webdoc_app.services.tracking import Sight, Visitor
from webdoc_app.services.work import reading, runtime, today, work

DRAWN = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PHONE = Visitor(
    "203.0.113.7",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/18.0 Mobile/15E148 Safari/604.1",
)


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (30, 10), "#b3261e").save(out, "PNG")
    return out.getvalue()


async def populate(world: World) -> None:
    """Messages, files, links, a logo, an answer with options, bills with money, openings, PDFs, certificates, keys."""
    runtime().render_pdf = _render
    await history_care.begin()
    await companies.set_logo(world.company_id, picture())
    quote_id = await _answered_quote(world)
    await _talk(world)
    await _bill(world, quote_id)
    await _openings(world)
    await certificates.certificate(world.company_id, quote_id, "json")
    await issuing.revise_quote(world.company_id, world.quote_id, {"title": "Cuisine"}, None, ACTOR)


async def _render(content: str, _logo: bytes | None) -> bytes:
    return b"%PDF-1.4 " + content.encode()


async def _answered_quote(world: World) -> str:
    lines = [
        documents.LineInput("Base", Decimal(100)),
        documents.LineInput("Option", Decimal(50), is_optional=True),
    ]
    async with reading() as session:
        customer = (await documents.find_document(session, world.company_id, world.quote_id)).customer_id
    draft = documents.DraftInput(Kind.QUOTE, customer, lines)
    quote_id = await documents.create_draft(world.company_id, draft, ACTOR)
    await issuing.issue_document(world.company_id, quote_id, ACTOR)
    async with reading() as session:
        link = await sharing.main_link(session, quote_id)
        options = [line.id for line in await documents.lines_of(session, quote_id) if line.is_optional]
    assert link
    nonce = new_nonce(quote_id, decisions.PURPOSE)
    form = decisions.DecisionForm(
        "accept", "1", nonce, "Jeanne Morel", "Gérante", options=options, signature=DRAWN
    )
    await decisions.decide_with_token(sharing.token_of(link), form, PHONE)
    return quote_id


async def _talk(world: World) -> None:
    company, quote = world.company_id, world.quote_id
    file = await files.checked(picture(), "plan.png", Sender(company))
    await conversation.post_message(company, quote, "Bonjour", ACTOR, file=file)
    await conversation.post_message(company, quote, "Cher client", ACTOR, internal=True)
    beside = await files.add_file(company, quote, picture(), "coupe.png", ACTOR)
    await files.show_file(company, beside, ACTOR, visible=True)
    second = await links.add_link(company, quote, links.Recipient("Paul", "paul@example.org"), ACTOR)
    await links.rotate_link(company, quote, second, ACTOR)
    await links.revoke_link(company, quote, second, ACTOR)


async def _bill(world: World, quote_id: str) -> None:
    from webdoc_app.services.chain import convert_document

    bill = await convert_document(world.company_id, quote_id, Kind.INVOICE, ACTOR)
    await issuing.issue_document(world.company_id, bill, ACTOR)
    paid = payments.PaymentInput(1_000, "cheque", today())
    payment_id = await payments.record_payment(world.company_id, bill, paid, ACTOR)
    await receipts.receipt_of(bill, payment_id)
    async with reading() as session:
        link = await sharing.main_link(session, bill)
    assert link
    async with work() as w:
        account = PaymentAccount(
            id=new_id(), company_id=world.company_id, provider="stripe", mode="live", secrets="", created_at=w.at,
            checked_at=w.at,
        )  # fmt: skip
        w.session.add(account)
        await w.session.flush()
        attempt = PaymentAttempt(
            id=new_id(), company_id=world.company_id, document_id=bill, account_id=account.id, link_id=link.id,
            return_id=new_id(), provider="stripe", mode="live", amount_minor=500, currency="EUR", due_minor=500,
            state="paid", reference="cs_1", captured_id="pi_1", expires_at=w.at, created_at=w.at, updated_at=w.at,
        )  # fmt: skip
        w.session.add(attempt)


async def _openings(world: World) -> None:
    await tracking.confirm_opening_with_token(world.token, PHONE, Sight())
    before = runtime().clock
    runtime().clock = lambda: before() + timedelta(hours=2)
    await tracking.confirm_opening_with_token(world.token, PHONE, Sight())
    runtime().clock = before
    async with reading() as session:
        from sqlmodel import col, select

        query = select(Opening.id).where(Opening.document_id == world.quote_id)
        first = (await session.exec(query.order_by(col(Opening.first_at)))).first()
    assert first
    await openings.correct_opening(world.company_id, world.quote_id, first, "owner", ACTOR)
