"""What becomes of mails after a server took them, on the document, in what to do, and for its reminders."""

from datetime import timedelta

import pytest

from tests.factories import mails
from tests.services.conftest import ACTOR, World
from tests.services.shop import open_shop
from tests.services.test_incoming import ONE, bell, only
from webdoc_app.domain.errors import Invalid
from webdoc_app.domain.followups import Quiet, Why
from webdoc_app.models import OutboxMail
from webdoc_app.reads.deliveries import DeliveryRow, deliveries_of
from webdoc_app.reads.todo import todo_of
from webdoc_app.services import outbox, sending
from webdoc_app.services.bounces import note_event
from webdoc_app.services.documents import find_document
from webdoc_app.services.incoming import Outcome, take
from webdoc_app.services.mail_addresses import bounce_address
from webdoc_app.services.unsubscribing import stopped_among
from webdoc_app.services.work import reading, runtime

CLAIRE = "claire@fontaine.example"
pytestmark = ONE


@pytest.fixture
async def sent(world: World) -> OutboxMail:
    runtime().reply_address = "reply@in.example.fr"
    await sending.send_document(world.company_id, world.quote_id, sending.Letter(to=CLAIRE), ACTOR)

    async def deliver(_mail: OutboxMail) -> None:
        return None

    await outbox.deliver_due(deliver)
    return await only(OutboxMail)  # type: ignore[no-any-return]


async def row(world: World) -> DeliveryRow:
    async with reading() as session:
        document = await find_document(session, world.company_id, world.quote_id)
        return (await deliveries_of(session, document, "fr"))[0]


async def test_what_comes_back_to_its_signed_address_is_bounced_and_seen(
    world: World, sent: OutboxMail
) -> None:
    # Whatever address the far server puts: a mailbox may have been forwarded.
    raw = mails.bounce(bounce_address(sent.id), "elsewhere@example.org")
    assert await take(raw) == Outcome.BOUNCED
    assert await take(raw) == Outcome.BOUNCED
    seen = await row(world)
    assert (seen.state, seen.error) == ("bounced", "550 5.1.1 <elsewhere@example.org>: no such mailbox")
    assert "Adresse en erreur" in seen.sentence and CLAIRE in seen.sentence
    assert await bell(world) == [f"Le courriel pour {CLAIRE} est revenu (D-2026-00001)"]
    async with reading() as session:
        todo = await todo_of(session, world.company_id, "fr")
    assert [(item.sort, item.action) for item in todo.rows] == [("address", "open")]


async def test_without_the_address_the_message_id_and_the_recipient_must_be_known(
    world: World, sent: OutboxMail
) -> None:
    for recipient, about in (
        ("eve@evil.example", sent.message_id),
        (CLAIRE, f"<{sent.id}@evil>"),
        (CLAIRE, "<x@y>"),
    ):
        if about != f"<{sent.id}@evil>":
            assert await take(mails.bounce("reply@in.example.fr", recipient, about)) == Outcome.DROPPED
    assert (await row(world)).state == "sent"
    assert await take(mails.bounce("reply@in.example.fr", CLAIRE.upper(), sent.message_id)) == Outcome.BOUNCED
    assert (await row(world)).state == "bounced"


async def test_a_delay_is_a_note_and_a_failure_after_it_counts(world: World, sent: OutboxMail) -> None:
    to = bounce_address(sent.id)
    assert await take(mails.bounce(to, CLAIRE, action="delayed", status="4.4.1")) == Outcome.BOUNCED
    seen = await row(world)
    assert (seen.state, "tarde" in seen.sentence) == ("delayed", True)
    assert (await only(OutboxMail)).state == "sent" and await bell(world) == []
    await take(mails.bounce(to, CLAIRE))
    assert (await row(world)).state == "bounced"


async def test_an_answering_machine_at_the_bounce_address_is_no_failure(
    world: World, sent: OutboxMail
) -> None:
    absent = mails.mail(bounce_address(sent.id), "Je suis absente", Auto_Submitted="auto-replied")
    assert await take(absent) == Outcome.DROPPED
    assert (await row(world)).state == "sent"


@pytest.mark.parametrize("lost", [False, True])
async def test_what_bounces_while_it_is_sent_stays_bounced(world: World, lost: bool) -> None:
    runtime().reply_address = "reply@in.example.fr"
    await sending.send_document(world.company_id, world.quote_id, sending.Letter(to=CLAIRE), ACTOR)

    async def deliver(mail: OutboxMail) -> None:
        await take(mails.bounce(bounce_address(mail.id), CLAIRE))
        if lost:
            raise OSError("the connection was lost after all")

    await outbox.deliver_due(deliver)
    assert (await only(OutboxMail)).state == "bounced"
    assert await outbox.deliver_due(deliver) == 0


async def test_a_providers_events_say_the_same(world: World, sent: OutboxMail) -> None:
    assert await note_event(sent.message_id, "delivered", "")
    assert (await row(world)).state == "delivered"
    assert await note_event(sent.message_id.strip("<>"), "complained", "")
    assert (await row(world)).state == "unwanted"
    async with reading() as session:
        assert await stopped_among(session, world.company_id, [CLAIRE]) == {CLAIRE}
    assert await note_event(sent.message_id, "bounced", "mailbox full\r\nX: y")
    assert ((await row(world)).state, (await row(world)).error) == ("bounced", "mailbox full X: y")
    assert not await note_event(f"<{sent.id}@evil.example>", "bounced", "")
    assert not await note_event("<nobody@localhost>", "bounced", "")
    with pytest.raises(Invalid):
        await note_event(sent.message_id, "opened", "")


async def test_reminders_pause_until_a_mail_leaves_to_a_better_address(world: World) -> None:
    shop = await open_shop(world.company_id, world.url)
    quote = await shop.issue()
    mail = await only(OutboxMail)
    await note_event(mail.message_id, "bounced", "550")
    assert await shop.plan(quote) == Quiet(Why.BAD_ADDRESS)
    shop.now += timedelta(minutes=1)
    await sending.send_document(shop.company_id, quote, sending.Letter("c@fontaine.example"), ACTOR)
    assert await shop.plan(quote) != Quiet(Why.BAD_ADDRESS)
