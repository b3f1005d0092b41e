"""News by mail: to whom, at which pace, once, and never an inner word."""

from datetime import UTC, datetime

import pytest
from sqlmodel import col, select

from tests.services.conftest import ACTOR, World, execute
from tests.services.test_talk import CLIENT, colleague, write
from webdoc_app.domain.errors import Invalid
from webdoc_app.models import OutboxMail, User
from webdoc_app.services import decisions, notices
from webdoc_app.services.conversation import post_message
from webdoc_app.services.nonces import new_nonce
from webdoc_app.services.work import reading, runtime

# A day to come: the people of the tests sign up now, and the first of them is to be the first.
EVENING = datetime(2036, 11, 24, 21, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _evening(world: World) -> None:
    at(EVENING)


def at(moment: datetime) -> None:
    runtime().clock = lambda: moment


async def first_user() -> str:
    async with reading() as session:
        return (await session.exec(select(User.id).order_by(col(User.created_at)))).first() or ""


async def mails() -> list[tuple[str, str]]:
    """To whom, and the news in it."""
    async with reading() as session:
        found = await session.exec(
            select(OutboxMail)
            .where(OutboxMail.purpose == "news")
            .order_by(col(OutboxMail.created_at), OutboxMail.to_email)
        )
        return [(mail.to_email.partition("@")[0], mail.subject) for mail in found.all()]


async def refuse(world: World) -> None:
    form = decisions.DecisionForm(
        decision="refuse", version="1", name="Claire", nonce=new_nonce(world.quote_id, decisions.PURPOSE)
    )
    await decisions.decide_with_token(world.token, form, CLIENT)


async def test_answers_and_messages_go_at_once_and_once_openings_stay_in_the_bell(world: World) -> None:
    await write(world, "Bonjour")
    assert await notices.mail_due_news() == 1
    await refuse(world)
    assert await notices.mail_due_news() == 1
    assert await notices.mail_due_news() == 0
    assert await mails() == [
        ("lucas", "Claire Fontaine a écrit au sujet de D-2026-00001"),
        ("lucas", "Claire a refusé D-2026-00001"),
    ]


async def test_a_digest_gathers_a_day(world: World) -> None:
    user = await first_user()
    await notices.choose(user, world.company_id, {"messages": "daily", "decisions": "daily"})
    await write(world, "Bonjour")
    await refuse(world)
    assert await notices.mail_due_news() == 0
    at(datetime(2036, 11, 25, 6, 59, tzinfo=UTC))
    assert await notices.mail_due_news() == 0
    at(datetime(2036, 11, 25, 7, 1, tzinfo=UTC))
    assert await notices.mail_due_news() == 1
    assert await notices.mail_due_news() == 0
    assert await mails() == [("lucas", "2 nouvelles de vos clients")]


async def test_quiet_hours_put_off_and_lose_nothing(world: World) -> None:
    await notices.choose(await first_user(), world.company_id, {"quiet_from": "22:00", "quiet_to": "07:30"})
    await write(world, "Bonsoir")
    assert await notices.mail_due_news() == 0
    at(datetime(2036, 11, 25, 6, 31, tzinfo=UTC))
    assert await notices.mail_due_news() == 1


async def test_the_company_keeps_one_mail_recipient_for_answers(world: World) -> None:
    first = await first_user()
    second = await colleague(world, "Paul Durand", "paul@atelier.example")
    for user in (first, second):
        await notices.choose(user, world.company_id, {"decisions": "never", "messages": "never"})
    await write(world, "Bonjour")
    await refuse(world)
    await notices.mail_due_news()
    assert await mails() == [("lucas", "Claire a refusé D-2026-00001")]


async def test_who_wants_none_gets_none_while_another_does(world: World) -> None:
    await colleague(world, "Paul Durand", "paul@atelier.example")
    await notices.choose(await first_user(), world.company_id, {"decisions": "never"})
    await refuse(world)
    await notices.mail_due_news()
    assert [to for to, _ in await mails()] == ["paul"]


async def test_a_mention_reaches_the_one_who_is_named_without_the_notes_words(world: World) -> None:
    await colleague(world, "Paul Durand", "paul@atelier.example")
    await post_message(world.company_id, world.quote_id, "@Paul kanari", ACTOR, internal=True)
    await notices.mail_due_news()
    assert await mails() == [("paul", "Lucas vous mentionne dans une note interne")]
    assert await execute("SELECT count(*) FROM outbox_mails WHERE text_body LIKE '%kanari%'") == 0


async def test_what_cannot_be_chosen_is_refused(world: World) -> None:
    user = await first_user()
    for fields in (
        {"decisions": "sometimes"},
        {"quiet_from": "25:00", "quiet_to": "07:00"},
        {"quiet_from": "22:00"},
    ):
        with pytest.raises(Invalid):
            await notices.choose(user, world.company_id, fields)
    await notices.choose(user, world.company_id, {"openings": "now"})
    async with reading() as session:
        choices = await notices.choices_of(session, user)
    assert choices.paces["openings"] == "now"
    assert choices.quiet is None
