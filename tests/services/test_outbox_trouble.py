"""Mail servers that refuse, delay, drop and die: every mail arrives once, or is visibly dead."""

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from email.utils import parseaddr
from itertools import pairwise
from pathlib import Path

import pytest
from sqlmodel import select

from tests.factories.smtp import DROP, Script, serve
from tests.services.conftest import ACTOR, World
from tests.services.test_outbox import carry, the_mail
from webdoc_app.domain.errors import Conflict, NotFound
from webdoc_app.integrations.mail import smtp
from webdoc_app.models import Company, DecisionRow, Document, OutboxMail, User
from webdoc_app.postman import letter_of
from webdoc_app.reads.news import latest_news
from webdoc_app.services import outbox, sending
from webdoc_app.services.mail_addresses import Conversation, Sent, read_address
from webdoc_app.services.mails import To, queue_return_mail
from webdoc_app.services.work import reading, runtime, work


@pytest.fixture
def server() -> Iterator[tuple[Script, str]]:
    script = Script()
    controller = serve(script)
    yield script, f"smtp://127.0.0.1:{controller.port}"
    controller.stop()


@pytest.fixture
async def mail(world: World) -> OutboxMail:
    letter = sending.Letter(to="claire@example.org", subject="Votre devis")
    await sending.send_document(world.company_id, world.quote_id, letter, ACTOR)
    return await the_mail()


def later(**wait: float) -> None:
    moment = runtime().clock() + timedelta(**wait)
    runtime().clock = lambda: moment


async def bell(world: World) -> list[str]:
    async with reading() as session:
        user_id = (await session.exec(select(User.id))).one()
        return [item.sentence for item in (await latest_news(session, world.company_id, user_id, "fr"))[0]]


@pytest.mark.parametrize("step", ["mail", "rcpt", "data"])
async def test_what_is_refused_for_good_is_dead_at_once_and_seen(
    world: World, mail: OutboxMail, server: tuple[Script, str], step: str
) -> None:
    script, url = server
    setattr(script, step, "550 no such mailbox")
    assert await carry(url) == 1
    dead = await the_mail()
    assert (dead.state, dead.attempts) == ("dead", 1)
    assert "no such mailbox" in dead.last_error
    assert await bell(world) == ["Le courriel pour claire@example.org n’a pas pu partir (D-2026-00001)"]
    later(days=3)
    assert await carry(url) == 0


async def test_a_wrong_password_of_ours_kills_no_mail(mail: OutboxMail, server: tuple[Script, str]) -> None:
    script, url = server
    script.mail = "530 5.7.0 authentication required"
    await carry(url)
    assert (await the_mail()).state == "queued"


@pytest.mark.parametrize("step", ["mail", "rcpt", "data"])
@pytest.mark.parametrize("trouble", ["451 later", DROP])
async def test_what_may_pass_is_tried_again_and_arrives_once(
    mail: OutboxMail, server: tuple[Script, str], step: str, trouble: str
) -> None:
    script, url = server
    setattr(script, step, trouble)
    assert await carry(url) == 1
    waiting = await the_mail()
    assert (waiting.state, waiting.attempts) == ("queued", 1)
    assert waiting.last_error
    assert await carry(url) == 0
    setattr(script, step, "")
    later(seconds=3)
    assert await carry(url) == 1
    [taken] = script.taken
    assert taken["Message-ID"] == mail.message_id
    assert (await the_mail()).state == "sent"
    later(days=1)
    assert await carry(url) == 0


async def test_a_dead_server_is_tried_for_48_hours_with_growing_pauses(
    mail: OutboxMail, world: World
) -> None:
    controller = serve(Script())
    url = f"smtp://127.0.0.1:{controller.port}"
    controller.stop()
    tries: list[float] = []
    began = mail.created_at
    while (await the_mail()).state == "queued":
        moment = (await the_mail()).next_at
        runtime().clock = lambda moment=moment: moment
        await carry(url)
        tries.append((moment - began).total_seconds())
    pauses = [round(after - before) for before, after in pairwise(tries)]
    assert pauses[:5] == [2, 5, 15, 60, 120]
    assert max(pauses) == 3_600
    assert 48 * 3_600 <= tries[-1] <= 49 * 3_600
    assert (await the_mail()).state == "dead"
    assert len(await bell(world)) == 1


async def test_a_slow_server_is_given_up_before_another_worker_may_try(
    mail: OutboxMail, server: tuple[Script, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    script, url = server
    assert outbox.LEASE.total_seconds() > smtp.WHOLE_SECONDS + 5
    monkeypatch.setattr(smtp, "WHOLE_SECONDS", 0.2)
    script.delay = 30
    began = time.monotonic()
    assert await carry(url) == 1
    assert time.monotonic() - began < 10
    assert (await the_mail()).state == "queued"


async def test_a_dead_letter_is_tried_again_by_hand(
    world: World, mail: OutboxMail, server: tuple[Script, str]
) -> None:
    script, url = server
    with pytest.raises(Conflict):
        await outbox.retry(mail.id)
    script.rcpt = "550 no"
    await carry(url)
    later(days=30)
    with pytest.raises(NotFound):
        await outbox.retry(mail.id, "0" * 32)
    assert [dead.id for dead in await _dead()] == [mail.id]
    await outbox.retry(mail.id, world.company_id)
    script.rcpt = "451 later"
    await carry(url)
    assert (await the_mail()).state == "queued"  # 48 hours anew
    script.rcpt = ""
    later(seconds=3)
    await carry(url)
    assert len(script.taken) == 1
    assert await _dead() == []


async def _dead() -> list[OutboxMail]:
    async with reading() as session:
        return await outbox.dead_letters(session)


async def test_a_reminder_says_how_to_have_no_more_of_them(world: World, server: tuple[Script, str]) -> None:
    script, url = server
    async with work() as w:
        company = await w.session.get_one(Company, world.company_id)
        company.email = "contact@atelier.example"
        document = await w.session.get_one(Document, world.quote_id)
        answer = DecisionRow(name="Claire", decision="hold", at=w.at)
        await queue_return_mail(w, document, company, answer, To("Claire", "claire@example.org", "http://x"))
    await carry(url)
    [taken] = script.taken
    assert taken["List-Unsubscribe"].strip().startswith("<mailto:contact@atelier.example?subject=STOP")
    assert "contact@atelier.example" in taken["Reply-To"]
    about_a_bill = (await the_mail()).model_copy(update={"purpose": "followup"})
    assert "List-Unsubscribe" in (await letter_of(about_a_bill)).headers


async def test_only_reminders_do(mail: OutboxMail, server: tuple[Script, str]) -> None:
    script, url = server
    await carry(url)
    assert script.taken[0]["List-Unsubscribe"] is None


async def test_what_bounces_and_what_is_answered_comes_to_signed_addresses(
    world: World, server: tuple[Script, str]
) -> None:
    script, url = server
    runtime().reply_address = "reply@in.example.fr"
    letter = sending.Letter(to="claire@example.org", subject="Votre devis")
    await sending.send_document(world.company_id, world.quote_id, letter, ACTOR)
    await carry(url)
    [taken] = script.taken
    mail = await the_mail()
    assert isinstance(read_address(parseaddr(taken["Reply-To"])[1]), Conversation)
    assert [read_address(sender) for sender in script.senders] == [Sent(mail.id)]
    assert "reply" not in taken["From"] and taken["Auto-Submitted"] is None
    # Without the setting answers go where they always went.
    runtime().reply_address = ""
    later(days=1)
    await sending.send_document(world.company_id, world.quote_id, letter, ACTOR)
    await carry(url)
    assert "lucas@atelier.example" in script.taken[1]["Reply-To"]
    assert script.senders[1] == "webdoc@127.0.0.1"


async def test_a_server_that_speaks_for_its_own_senders_alone_still_takes_the_mail(
    mail: OutboxMail, server: tuple[Script, str]
) -> None:
    script, url = server
    runtime().reply_address = "reply@in.example.fr"
    script.foreign = "553 not your address"
    await carry(url)
    assert (await the_mail()).state == "sent"
    assert script.senders[0].startswith("reply+") and script.senders[1:] == ["webdoc@127.0.0.1"]
    assert len(script.taken) == 1


def test_the_command_lists_dead_letters_and_tries_them_again(tmp_path: Path) -> None:
    import sqlite3

    from tests.commands.runs import answer, new_company, run

    company = new_company(tmp_path)["company_id"]
    assert answer(tmp_path, "outbox") == ""
    with sqlite3.connect(tmp_path / "webdoc.sqlite3") as database:
        moment = "2026-11-24T08:00:00.000000Z"
        database.execute(
            "INSERT INTO outbox_mails (id, company_id, purpose, to_name, to_email, from_name, reply_to, subject,"
            " text_body, html_body, attachments, message_id, state, attempts, next_at, last_error, created_at)"
            " VALUES (?, ?, 'document', '', 'c@example.org', '', '', 'Devis', '', '', '[]', '<x>', 'dead', 9, ?, '550', ?)",
            ("a" * 32, company, moment, moment),
        )
    database.close()
    [line] = answer(tmp_path, "outbox").splitlines()
    assert json.loads(line) == {
        "id": "a" * 32, "to": "c@example.org", "subject": "Devis", "created_at": moment, "error": "550",
    }  # fmt: skip
    assert answer(tmp_path, "outbox", "retry", "a" * 32) == ""
    assert answer(tmp_path, "outbox") == ""
    refused = run(tmp_path, "outbox", "retry", "b" * 32)
    assert (refused.returncode, refused.stderr) == (1, "webdoc: Ce courriel n’existe pas.\n")
