"""Links have a life: one for each recipient, disabled and enabled, replaced, revoked, ended; each alone."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import col, select

from tests.services.conftest import ACTOR, World
from webdoc_app.domain.documents import Kind
from webdoc_app.domain.errors import Conflict, Invalid, LinkGone, NotFound
from webdoc_app.models import OutboxMail, ShareLink, TimelineEvent
from webdoc_app.services import chain, conversation, decisions, issuing, links, sending, sharing, tracking
from webdoc_app.services.nonces import new_nonce
from webdoc_app.services.reminders import run_due_tasks
from webdoc_app.services.work import reading, runtime, work

PAUL = links.Recipient("Paul Fontaine", "paul@fontaine.example")


async def link_row(link_id: str) -> ShareLink:
    async with reading() as session:
        return await session.get_one(ShareLink, link_id)


async def token(link_id: str, document_id: str | None = None) -> str:
    return sharing.token_of(await link_row(link_id), document_id)


async def state_of(token: str) -> str:
    """`active`, or why it does not open."""
    async with reading() as session:
        try:
            await sharing.open_with_token(session, token)
        except LinkGone as gone:
            return gone.why
    return "active"


async def events_of(world: World) -> list[str]:
    async with reading() as session:
        found = await session.exec(select(TimelineEvent).order_by(col(TimelineEvent.seq)))
        return [event.type for event in found.all() if event.type.startswith("link.")][1:]


async def mails() -> list[OutboxMail]:
    async with reading() as session:
        return list((await session.exec(select(OutboxMail).order_by(col(OutboxMail.created_at)))).all())


async def add(world: World, recipient: links.Recipient = PAUL) -> str:
    return await links.add_link(world.company_id, world.quote_id, recipient, ACTOR)


async def invoice_of(world: World) -> str:
    """An issued invoice in the quote's chain."""
    invoice = await chain.convert_document(world.company_id, world.quote_id, Kind.INVOICE, ACTOR)
    await issuing.issue_document(world.company_id, invoice, ACTOR)
    return invoice


def travel(**ahead: float) -> datetime:
    moment = datetime.now(UTC) + timedelta(**ahead)
    runtime().clock = lambda: moment
    return moment


async def test_a_link_is_disabled_and_enabled_and_its_neighbour_never_notices(world: World) -> None:
    paul = await token(await add(world))
    claire = world.token
    for _ in range(2):
        await links.disable_link(world.company_id, world.quote_id, None, ACTOR)
        assert (await state_of(claire), await state_of(paul)) == ("disabled", "active")
    for _ in range(2):
        await links.enable_link(world.company_id, world.quote_id, None, ACTOR)
        assert (await state_of(claire), await state_of(paul)) == ("active", "active")
    assert await events_of(world) == ["link.created", "link.disabled", "link.enabled"]


async def test_a_revoked_address_is_closed_for_good_and_replacing_gives_another(world: World) -> None:
    id_ = await add(world)
    first = await token(id_)
    for _ in range(2):
        await links.revoke_link(world.company_id, world.quote_id, id_, ACTOR)
    await links.disable_link(world.company_id, world.quote_id, id_, ACTOR)
    with pytest.raises(Conflict):
        await links.enable_link(world.company_id, world.quote_id, id_, ACTOR)
    assert await state_of(first) == "revoked"
    await links.rotate_link(world.company_id, world.quote_id, id_, ACTOR)
    assert (await state_of(first), await state_of(await token(id_))) == ("replaced", "active")
    assert await events_of(world) == ["link.created", "link.revoked", "link.rotated"]
    assert await state_of(world.token) == "active"


async def test_an_older_address_of_a_link_closed_on_purpose_says_so_too(world: World) -> None:
    await links.rotate_link(world.company_id, world.quote_id, None, ACTOR)
    assert await state_of(world.token) == "replaced"
    await links.disable_link(world.company_id, world.quote_id, None, ACTOR)
    assert await state_of(world.token) == "disabled"
    await links.rotate_link(world.company_id, world.quote_id, None, ACTOR)
    assert await state_of(world.token) == "replaced"


async def test_a_link_ends_at_its_moment_and_a_new_address_lives_on(world: World) -> None:
    end = datetime.now(UTC) + timedelta(days=2)
    id_ = await add(world, links.Recipient("Paul", expires_at=end))
    first = await token(id_)
    runtime().clock = lambda: end - timedelta(microseconds=1)
    assert await state_of(first) == "active"
    runtime().clock = lambda: end
    assert (await state_of(first), await state_of(world.token)) == ("expired", "active")
    await links.rotate_link(world.company_id, world.quote_id, id_, ACTOR)
    assert (await link_row(id_)).expires_at == end + timedelta(days=30)
    assert await state_of(await token(id_)) == "active"


async def test_a_recipient_is_changed_and_keeps_the_address(world: World) -> None:
    id_ = await add(world)
    first = await token(id_)
    end = datetime.now(UTC) + timedelta(days=1)
    for _ in range(2):
        await links.change_link(world.company_id, world.quote_id, id_, {"expires_at": end}, ACTOR)
    await links.change_link(
        world.company_id, world.quote_id, id_, {"name": "Paule", "email": "p@x.example"}, ACTOR
    )
    row = await link_row(id_)
    assert (row.recipient_name, row.recipient_email, row.expires_at) == ("Paule", "p@x.example", end)
    assert await events_of(world) == ["link.created", "link.changed", "link.changed"]
    assert await state_of(first) == "active"


async def test_what_cannot_be_is_refused_by_name(world: World) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    await add(world)
    for recipient, field in (
        (links.Recipient(""), "name"),
        (links.Recipient("x" * 201), "name"),
        (links.Recipient("Paul\x00"), "name"),
        (links.Recipient("Paul", "not an address"), "email"),
        (links.Recipient("Paul", expires_at=yesterday), "expires_at"),
    ):
        with pytest.raises(Invalid) as refused:
            await add(world, recipient)
        assert refused.value.errors[0].field == field
    with pytest.raises(Conflict):
        await add(world, links.Recipient("Paul again", "PAUL@fontaine.example"))
    with pytest.raises(NotFound):
        await links.disable_link(world.company_id, world.quote_id, "0" * 32, ACTOR)
    draft = await chain.convert_document(world.company_id, world.quote_id, Kind.INVOICE, ACTOR)
    with pytest.raises(Conflict):
        await links.add_link(world.company_id, draft, PAUL, ACTOR)


async def test_an_address_of_the_chain_dies_with_the_link_it_is_made_from(world: World) -> None:
    invoice = await invoice_of(world)
    paul = await add(world)
    mine, his = (sharing.token_of(await _main(world), invoice), await token(paul, invoice))
    home = sharing.token_of(await _main(world))
    assert [await state_of(each) for each in (mine, his)] == ["active", "active"]
    for act, word in ((links.disable_link, "disabled"), (links.revoke_link, "revoked")):
        await act(world.company_id, world.quote_id, None, ACTOR)
        assert [await state_of(each) for each in (home, mine, his)] == [word, word, "active"]
    await links.rotate_link(world.company_id, world.quote_id, None, ACTOR)
    assert [await state_of(each) for each in (home, mine, his)] == ["replaced", "replaced", "active"]
    end = datetime.now(UTC) + timedelta(days=1)
    await links.change_link(world.company_id, world.quote_id, paul, {"expires_at": end}, ACTOR)
    runtime().clock = lambda: end
    assert await state_of(his) == "expired"
    # The invoice's own link is another one: closing the quote's did nothing to it.
    async with reading() as session:
        own = await sharing.link_to(session, invoice, None)
    assert await state_of(sharing.token_of(own)) == "active"


async def _main(world: World) -> ShareLink:
    async with reading() as session:
        return await sharing.link_to(session, world.quote_id, None)


async def test_a_mail_brings_the_link_of_whom_it_goes_to(world: World) -> None:
    paul = await add(world)
    with pytest.raises(Invalid):
        await sending.send_document(world.company_id, world.quote_id, sending.Letter(), ACTOR)
    await sending.send_document(world.company_id, world.quote_id, sending.Letter(link_id=paul), ACTOR)
    [mail] = await mails()
    address = sharing.url_of(await token(paul))
    assert (mail.to_email, mail.to_name, mail.link_id) == (PAUL.email, PAUL.name, paul)
    assert address in mail.text_body
    assert world.token not in mail.text_body
    await links.disable_link(world.company_id, world.quote_id, paul, ACTOR)
    with pytest.raises(Conflict):
        await sending.send_document(world.company_id, world.quote_id, sending.Letter(link_id=paul), ACTOR)


async def test_the_last_use_is_a_persons_and_written_once_a_minute(world: World) -> None:
    stranger = tracking.Visitor("192.0.2.7", "Mozilla/5.0")
    owner = tracking.Visitor("192.0.2.7", "Mozilla/5.0", world.company_id)
    id_ = (await _main(world)).id
    await tracking.confirm_opening_with_token(world.token, owner)
    assert (await link_row(id_)).last_used_at is None
    first = travel(hours=1)
    await tracking.confirm_opening_with_token(world.token, stranger)
    travel(hours=1, seconds=30)
    await conversation.post_message_with_token(
        world.token, "Bonjour", new_nonce(world.quote_id, "message"), stranger
    )
    assert (await link_row(id_)).last_used_at == first
    later = travel(hours=1, minutes=2)
    async with work() as w:
        await sharing.note_use(w, await link_row(id_))
    assert (await link_row(id_)).last_used_at == later


async def test_who_answers_by_a_link_hears_of_it_by_that_link(world: World) -> None:
    """Paul, who holds the quote back, and accepts the order that his link to the quote leads to."""
    paul = await add(world)

    async def answer(document_id: str, decision: str, until: str = "") -> None:
        nonce = new_nonce(document_id, decisions.PURPOSE)
        form = decisions.DecisionForm(decision, "1", nonce, "Paul", until=until)
        await decisions.decide_with_token(await token(paul, document_id), form, tracking.Visitor())

    await answer(world.quote_id, "hold", until="2999-01-01")
    order = await chain.convert_document(world.company_id, world.quote_id, Kind.ORDER, ACTOR)
    await issuing.issue_document(world.company_id, order, ACTOR)
    await answer(order, "accept")
    runtime().clock = lambda: datetime(2999, 1, 2, tzinfo=UTC)
    await run_due_tasks()
    home, successor = sharing.url_of(await token(paul)), sharing.url_of(await token(paul, order))
    found = [(mail.purpose, home in mail.text_body, successor in mail.text_body) for mail in await mails()]
    assert found[:2] == [("decision", True, False), ("decision", False, True)]
    assert ("return", True, False) in found
