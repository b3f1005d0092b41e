"""What an answer can hold: options, a one-time code, a day to come back; and reopening it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlmodel import col, select

from tests.services.conftest import ACTOR, World, execute
from webdoc_app.domain.decisions import AnswerFields
from webdoc_app.domain.documents import Kind
from webdoc_app.domain.errors import Conflict, Invalid, TooMany
from webdoc_app.models import Company, Document, OutboxMail, ShareLink
from webdoc_app.reads.certificate_html import certificate_html
from webdoc_app.reads.outbox import mails_of
from webdoc_app.services import (
    answers_by_merchant,
    audit,
    chain,
    codes,
    decisions,
    documents,
    issuing,
    outbox,
    sharing,
)
from webdoc_app.services.certificates import certificate
from webdoc_app.services.nonces import new_nonce
from webdoc_app.services.reminders import run_due_tasks
from webdoc_app.services.tracking import Visitor
from webdoc_app.services.work import reading, runtime, work

PHONE = Visitor("192.0.2.1", "phone")


@dataclass
class Clock:
    now: datetime

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock(world: World) -> Iterator[Clock]:
    clock = Clock(datetime.now(UTC))
    runtime().clock = clock
    yield clock


async def known_address(world: World, email: str = "claire@fontaine.example") -> None:
    async with work() as w:
        link = (await w.session.exec(select(ShareLink).where(ShareLink.document_id == world.quote_id))).one()
        link.recipient_email = email
        w.session.add(link)


async def decide(world: World, answer: str, **fields: object) -> None:
    nonce = new_nonce(world.quote_id, decisions.PURPOSE)
    form = decisions.DecisionForm(answer, "1", nonce, "Claire", **fields)  # type: ignore[arg-type]
    await decisions.decide_with_token(world.token, form, PHONE)


async def mails(purpose: str) -> list[OutboxMail]:
    async with reading() as session:
        query = select(OutboxMail).where(OutboxMail.purpose == purpose).order_by(col(OutboxMail.created_at))
        return list((await session.exec(query)).all())


async def quote_with_options(world: World) -> tuple[str, str, list[str]]:
    """A quote of 100,00 € at 20 % with two options of 50,00 € and 30,00 €: its id, token and their line ids."""
    lines = [
        documents.LineInput("Base", Decimal(100)),
        documents.LineInput("Option A", Decimal(50), is_optional=True),
        documents.LineInput("Option B", Decimal(30), vat_rate=Decimal(10), is_optional=True),
    ]
    async with reading() as session:
        customer_id = (await documents.find_document(session, world.company_id, world.quote_id)).customer_id
    draft = documents.DraftInput(Kind.QUOTE, customer_id, lines, deposit_percent=Decimal(30))
    quote_id = await documents.create_draft(world.company_id, draft, ACTOR)
    await issuing.issue_document(world.company_id, quote_id, ACTOR)
    async with reading() as session:
        link = await sharing.main_link(session, quote_id)
        rows = await documents.lines_of(session, quote_id)
    assert link is not None
    return quote_id, sharing.token_of(link), [row.id for row in rows if row.is_optional]


async def accept_options(quote_id: str, token: str, options: list[str]) -> None:
    nonce = new_nonce(quote_id, decisions.PURPOSE)
    form = decisions.DecisionForm("accept", "1", nonce, "Claire", options=options)
    await decisions.decide_with_token(token, form, PHONE)


async def document(quote_id: str) -> Document:
    async with reading() as session:
        return (await session.exec(select(Document).where(Document.id == quote_id))).one()


async def test_options_count_once_chosen_and_what_follows_holds_them(world: World) -> None:
    quote_id, token, (option_a, _) = await quote_with_options(world)
    assert (await document(quote_id)).gross_minor == 12_000
    await accept_options(quote_id, token, [option_a])
    accepted = await document(quote_id)
    assert (accepted.gross_minor, accepted.agreed_gross_minor) == (12_000, 18_000)
    assert await execute("SELECT amount_minor FROM decisions") == 18_000
    invoice = await document(await chain.convert_document(world.company_id, quote_id, Kind.INVOICE, ACTOR))
    assert invoice.gross_minor == 18_000
    assert await execute("SELECT gross_minor FROM documents WHERE kind = 'deposit'") == 5_400
    assert await audit.verify() == []
    await execute("UPDATE documents SET options_net_minor = 1 WHERE options <> '[]'")
    assert await audit.verify() != []


async def test_an_option_of_another_document_is_refused_by_name(world: World) -> None:
    quote_id, token, _ = await quote_with_options(world)
    with pytest.raises(Invalid) as refused:
        await accept_options(quote_id, token, ["0" * 32])
    assert [error.field for error in refused.value.errors] == ["option"]


async def test_reopening_takes_the_options_back_unless_something_followed(world: World) -> None:
    quote_id, token, (option_a, _) = await quote_with_options(world)
    await accept_options(quote_id, token, [option_a])
    await answers_by_merchant.reopen_decision(world.company_id, quote_id, "", ACTOR)
    assert (await document(quote_id)).agreed_gross_minor == 12_000
    await accept_options(quote_id, token, [])
    await chain.convert_document(world.company_id, quote_id, Kind.ORDER, ACTOR)
    with pytest.raises(Conflict):
        await answers_by_merchant.reopen_decision(world.company_id, quote_id, "", ACTOR)
    assert await audit.verify() == []


async def test_only_a_quote_has_options(world: World) -> None:
    async with reading() as session:
        customer_id = (await documents.find_document(session, world.company_id, world.quote_id)).customer_id
    line = documents.LineInput("Option", Decimal(1), is_optional=True)
    with pytest.raises(Invalid) as refused:
        await documents.create_draft(
            world.company_id, documents.DraftInput(Kind.INVOICE, customer_id, [line]), ACTOR
        )
    assert refused.value.errors[0].field == "lines.0.optional"


async def ask_code(world: World) -> str:
    await codes.send_code_with_token(world.token, new_nonce(world.quote_id, codes.PURPOSE))
    digits = re.search(r"\d{4}\s\d{4}", (await mails("code"))[-1].text_body)
    assert digits
    return digits[0]


async def require_code(world: World, above: int | None = 100) -> None:
    async with work() as w:
        company = await w.session.get_one(Company, world.company_id)
        company.code_above_minor = above
        w.session.add(company)


async def test_above_the_amount_an_acceptance_needs_the_code_that_was_mailed(
    world: World, clock: Clock
) -> None:
    await require_code(world)
    await known_address(world)
    for wrong in ("", "00000000"):
        with pytest.raises(Invalid) as refused:
            await decide(world, "accept", code=wrong)
        assert refused.value.errors[0].field == "code"
    code = await ask_code(world)
    with pytest.raises(Invalid):
        await decide(world, "accept", code="12345678" if code != "1234 5678" else "87654321")
    await decide(world, "accept", code=code)
    assert await execute("SELECT attempts FROM decision_codes") == 2
    assert await audit.verify() == []


@pytest.mark.parametrize("is_carried", [True, False])
async def test_the_proof_says_whether_the_issuer_could_read_the_code(
    world: World, clock: Clock, is_carried: bool
) -> None:
    """Without a mail server the code stands in the outbox, for the merchant to hand on: then it proves no inbox."""
    await require_code(world)
    await known_address(world)
    code = await ask_code(world)

    async def deliver(_mail: OutboxMail) -> None:
        return None

    while is_carried and await outbox.deliver_due(deliver):
        pass
    async with reading() as session:
        rows, _ = await mails_of(session, world.company_id, "lucas@atelier.example", "fr")
    assert [code in row.text for row in rows] == [not is_carried]
    await decide(world, "accept", code=code)
    text = (await certificate(world.company_id, world.quote_id, "json")).decode()
    facts = {fact["name"]: fact["value"] for fact in json.loads(text)["facts"]}
    assert facts["evidence.code"]["readable_by_issuer"] is not is_carried
    assert ("Code lisible par l’émetteur" in certificate_html(text, "fr", None)) is not is_carried
    assert ("Code readable by the issuer" in certificate_html(text, "en", None)) is not is_carried
    assert await audit.verify() == []


async def test_a_code_is_good_for_five_tries_and_ten_minutes(world: World, clock: Clock) -> None:
    await require_code(world)
    await known_address(world)
    code = await ask_code(world)
    for _ in range(codes.MOST_TRIES):
        with pytest.raises(Invalid):
            await decide(world, "accept", code="x")
    with pytest.raises(Invalid):
        await decide(world, "accept", code=code)
    with pytest.raises(TooMany):
        await ask_code(world)
    clock.now += timedelta(seconds=31)
    code = await ask_code(world)
    clock.now += codes.LIFETIME
    with pytest.raises(Invalid):
        await decide(world, "accept", code=code)


async def test_below_the_amount_or_to_refuse_no_code_is_asked(world: World) -> None:
    await require_code(world, above=10**9)
    await decide(world, "hold")
    await require_code(world)
    await decide(world, "refuse")
    assert await execute("SELECT count(*) FROM decisions") == 2
    assert await execute("SELECT count(*) FROM decision_codes") == 0


async def test_without_a_known_address_no_code_leaves(world: World) -> None:
    await require_code(world)
    with pytest.raises(Conflict):
        await codes.send_code_with_token(world.token, new_nonce(world.quote_id, codes.PURPOSE))


@pytest.mark.parametrize("answer", ["accept", "refuse", "hold"])
async def test_the_client_gets_a_confirmation_that_carries_the_document(world: World, answer: str) -> None:
    await known_address(world)
    await decide(world, answer)
    (mail,) = await mails("decision")
    assert mail.to_email == "claire@fontaine.example"
    assert world.quote_id in mail.attachments


async def test_a_hold_comes_back_to_both_sides_on_its_day_once(world: World, clock: Clock) -> None:
    clock.now = datetime(2026, 3, 20, 10, tzinfo=UTC)
    await known_address(world)
    await decide(world, "hold", until="2026-03-29")  # the night summer time begins
    clock.now = datetime(2026, 3, 29, 5, 59, tzinfo=UTC)
    assert await run_due_tasks() == 0
    clock.now = datetime(2026, 3, 29, 6, 0, tzinfo=UTC)
    assert await run_due_tasks() == 1
    assert await run_due_tasks() == 0
    assert [mail.to_email for mail in await mails("return")] == [
        "claire@fontaine.example",
        "lucas@atelier.example",
    ]
    assert await execute("SELECT count(*) FROM notifications WHERE type = 'hold.returned'") == 1
    assert await audit.verify() == []


async def test_an_answer_given_meanwhile_ends_the_reminder(world: World, clock: Clock) -> None:
    clock.now = datetime(2026, 3, 20, 10, tzinfo=UTC)
    await decide(world, "hold", until="2026-03-25")
    await decide(world, "accept")
    clock.now = datetime(2026, 4, 1, tzinfo=UTC)
    assert await run_due_tasks() == 0
    assert await mails("return") == []


async def test_the_answer_noted_by_the_merchant_is_told_to_the_client(world: World) -> None:
    await known_address(world)
    fields = AnswerFields("refuse", "Claire", reason="Trop cher")
    await answers_by_merchant.record_answer(world.company_id, world.quote_id, fields, ACTOR)
    (mail,) = await mails("decision")
    assert "Nous avons noté" in mail.text_body
    assert await execute("SELECT count(*) FROM notifications WHERE type LIKE 'decision.%'") == 0
    assert await execute("SELECT count(*) FROM events WHERE type = 'decision.refused'") == 1
