"""A new link for whoever holds a dead address: to the known inbox alone, seldom, and with nothing said of it."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlmodel import col, select

from tests.services.conftest import ACTOR, World, execute
from webdoc_app.domain.documents import Kind
from webdoc_app.domain.errors import LinkGone, NotFound
from webdoc_app.models import Notification, OutboxMail, ShareLink
from webdoc_app.services import chain, customers, documents, issuing, limits, links, sharing
from webdoc_app.services.renewal import Renewal, renew_with_token
from webdoc_app.services.work import reading, runtime

ELSEWHERE = "192.0.2.99"
PAUL = links.Recipient("Paul", "paul@fontaine.example")


@pytest.fixture(autouse=True)
def fresh_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_by_loop", {})


@pytest.fixture
async def paul(world: World) -> str:
    return await links.add_link(world.company_id, world.quote_id, PAUL, ACTOR)


async def row(link_id: str) -> ShareLink:
    async with reading() as session:
        return await session.get_one(ShareLink, link_id)


async def token(link_id: str) -> str:
    return sharing.token_of(await row(link_id))


async def opens(token: str) -> bool:
    async with reading() as session:
        try:
            await sharing.open_with_token(session, token)
        except LinkGone:
            return False
    return True


async def mails() -> list[OutboxMail]:
    async with reading() as session:
        return list((await session.exec(select(OutboxMail).order_by(col(OutboxMail.created_at)))).all())


async def wishes() -> list[str]:
    async with reading() as session:
        found = await session.exec(select(Notification).where(Notification.type == "link.requested"))
        return [news.data for news in found.all()]


async def ask(token: str, address: str = ELSEWHERE) -> Renewal:
    outcome, _ = await renew_with_token(token, address)
    return outcome


async def test_a_replaced_address_has_the_present_one_mailed_to_its_recipient(
    world: World, paul: str
) -> None:
    old = await token(paul)
    await links.rotate_link(world.company_id, world.quote_id, paul, ACTOR)
    assert await ask(old) is Renewal.MAILED
    [mail] = await mails()
    assert (mail.to_email, mail.link_id, mail.purpose) == (PAUL.email, paul, "renewal")
    assert sharing.url_of(await token(paul)) in mail.text_body
    assert await opens(await token(paul))
    assert world.token not in mail.text_body
    assert await wishes() == []


async def test_an_ended_link_lives_on_at_another_address_and_its_old_one_stays_dead(
    world: World, paul: str
) -> None:
    end = datetime.now(UTC) + timedelta(days=1)
    await links.change_link(world.company_id, world.quote_id, paul, {"expires_at": end}, ACTOR)
    old = await token(paul)
    await execute(f"UPDATE companies SET validity_days = 12 WHERE id = '{world.company_id}'")
    runtime().clock = lambda: end
    assert await asyncio.gather(ask(old), ask(old)) == [Renewal.MAILED, Renewal.MAILED]
    assert (await row(paul)).expires_at == end + timedelta(days=12)
    assert (await row(paul)).version == 2
    assert await execute("SELECT count(*) FROM events WHERE type = 'link.rotated'") == 1
    assert not await opens(old)
    new = await token(paul)
    assert await opens(new)
    assert [mail.text_body.count(new) for mail in await mails()] == [1, 1]
    assert await opens(world.token)


@pytest.mark.parametrize("act", [links.disable_link, links.revoke_link])
async def test_a_link_closed_on_purpose_is_asked_of_the_merchant(
    world: World, paul: str, act: object
) -> None:
    first = await token(paul)
    await links.rotate_link(world.company_id, world.quote_id, paul, ACTOR)
    second = await token(paul)
    await act(world.company_id, world.quote_id, paul, ACTOR)  # type: ignore[operator]
    assert [await ask(first), await ask(second)] == [Renewal.ASKED, Renewal.ASKED]
    assert await mails() == []
    assert len(await wishes()) == 2
    assert '"name":"Paul"' in (await wishes())[0]
    assert not await opens(second)


async def test_where_no_address_is_known_the_answer_is_the_same_and_the_merchant_is_asked(
    world: World,
) -> None:
    await links.rotate_link(world.company_id, world.quote_id, None, ACTOR)
    assert await ask(world.token) is Renewal.MAILED
    assert await mails() == []
    assert len(await wishes()) == 1
    end = datetime.now(UTC) + timedelta(days=1)
    await links.change_link(world.company_id, world.quote_id, None, {"expires_at": end}, ACTOR)
    before = (await _main(world)).version
    runtime().clock = lambda: end
    assert await ask(sharing.token_of(await _main(world))) is Renewal.MAILED
    assert (await _main(world)).version == before
    known = {"name": "Claire", "email": "claire@fontaine.example"}
    await customers.change_customer(world.company_id, await _customer(world), known)
    assert await ask(sharing.token_of(await _main(world))) is Renewal.MAILED
    assert [mail.to_email for mail in await mails()] == ["claire@fontaine.example"]


async def _main(world: World) -> ShareLink:
    async with reading() as session:
        return await sharing.link_to(session, world.quote_id, None)


async def test_a_corrected_address_is_the_known_one_and_the_wrong_inbox_gets_nothing(world: World) -> None:
    claire = await _customer(world)

    async def live_at(email: str) -> None:
        await customers.change_customer(world.company_id, claire, {"name": "Claire", "email": email})

    await live_at("wrong@inbox.example")
    quote = await documents.create_draft(
        world.company_id, documents.DraftInput(Kind.QUOTE, claire, LINES), ACTOR
    )
    await issuing.issue_document(world.company_id, quote, ACTOR)
    async with reading() as session:
        old = sharing.token_of(await sharing.link_to(session, quote, None))
    await live_at("claire@right.example")
    await links.rotate_link(world.company_id, quote, None, ACTOR)
    await ask(old)
    await links.change_link(world.company_id, quote, None, {"email": "buyer@right.example"}, ACTOR)
    await live_at("claire@moved.example")
    await ask(old)
    await ask(await _dead(world))
    assert [mail.to_email for mail in await mails()] == [
        "claire@right.example",
        "buyer@right.example",
        "claire@moved.example",
    ]


async def _dead(world: World) -> str:
    await links.rotate_link(world.company_id, world.quote_id, None, ACTOR)
    return world.token


LINES = [documents.LineInput("Meuble", Decimal(1), Decimal(1))]


async def _customer(world: World) -> str:
    async with reading() as session:
        return (await documents.find_document(session, world.company_id, world.quote_id)).customer_id


async def test_a_link_three_times_an_hour_whoever_asks_and_the_answer_stays(world: World, paul: str) -> None:
    old = await token(paul)
    await links.rotate_link(world.company_id, world.quote_id, paul, ACTOR)
    for number in range(6):
        assert await ask(old, f"192.0.2.{number}") is Renewal.MAILED
    assert len(await mails()) == 3
    await links.disable_link(world.company_id, world.quote_id, paul, ACTOR)
    assert await ask(old) is Renewal.ASKED
    assert await wishes() == []


async def test_an_inbox_and_an_asker_have_limits_over_all_links(world: World) -> None:
    olds = []
    for number in range(limits.RENEWALS_FROM.amount + 2):
        id_ = await links.add_link(world.company_id, world.quote_id, links.Recipient(f"P{number}"), ACTOR)
        olds.append(await token(id_))
        await links.disable_link(world.company_id, world.quote_id, id_, ACTOR)
    for old in olds:
        await ask(old)
    assert len(await wishes()) == limits.RENEWALS_FROM.amount
    await execute("UPDATE share_links SET recipient_email = 'paul@fontaine.example', disabled_at = NULL")
    await execute("UPDATE share_links SET version = version + 1")
    for number, old in enumerate(olds[:9]):
        await ask(old, f"198.51.100.{number}")
    assert len(await mails()) == limits.RENEWALS_TO.amount


async def test_a_link_that_opens_and_a_token_that_never_was_send_nothing(world: World, paul: str) -> None:
    assert await ask(await token(paul)) is Renewal.OPENS
    for forged in (world.token[:-1], "x" * 60, ""):
        with pytest.raises(NotFound):
            await ask(forged)
    assert await mails() == []
    assert await wishes() == []


async def test_an_address_of_the_chain_is_renewed_as_one_of_the_chain(world: World, paul: str) -> None:
    invoice = await chain.convert_document(world.company_id, world.quote_id, Kind.INVOICE, ACTOR)
    await issuing.issue_document(world.company_id, invoice, ACTOR)
    old = sharing.token_of(await row(paul), invoice)
    await links.rotate_link(world.company_id, world.quote_id, paul, ACTOR)
    await ask(old)
    [mail] = await mails()
    assert sharing.url_of(sharing.token_of(await row(paul), invoice)) in mail.text_body
