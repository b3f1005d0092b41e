"""What both sides see of a conversation beside its words: reading, writing, names, mentions, what happened."""

from datetime import timedelta

import pytest

from tests.services.conftest import ACTOR, World
from webdoc_app.domain.errors import Invalid, NotFound
from webdoc_app.models import Document, Message, User
from webdoc_app.reads.client_page import client_page
from webdoc_app.reads.client_talk import ClientMessage
from webdoc_app.reads.document_talk import MessageRow, Talk, talk_of
from webdoc_app.reads.news import latest_news
from webdoc_app.services import decisions
from webdoc_app.services.conversation import PURPOSE, post_message, post_message_with_token
from webdoc_app.services.documents import find_document
from webdoc_app.services.nonces import new_nonce
from webdoc_app.services.reading_marks import (
    hint_typing,
    hint_typing_with_token,
    mark_read,
    mark_read_with_token,
)
from webdoc_app.services.tracking import Visitor
from webdoc_app.services.work import Change, reading, runtime, work

CLIENT = Visitor("192.0.2.7", "phone")


async def write(world: World, body: str, name: str = "") -> None:
    await post_message_with_token(world.token, body, new_nonce(world.quote_id, PURPOSE), CLIENT, name)


async def seen_by_merchant(world: World) -> Talk:
    async with reading() as session:
        return await talk_of(session, await find_document(session, world.company_id, world.quote_id), "fr")


async def seen_by_client(world: World) -> tuple[ClientMessage, ...]:
    async with reading() as session:
        return (await client_page(session, world.token)).talk.messages


def words(row: ClientMessage | MessageRow) -> str:
    return "".join(piece.text for piece in row.pieces)


async def colleague(world: World, name: str, email: str) -> str:
    user = User(
        company_id=world.company_id, name=name, email=email, password_hash="-", created_at=runtime().clock()
    )
    async with work() as w:
        w.session.add(user)
    return user.id


async def test_the_merchant_sees_when_its_last_message_was_read(world: World) -> None:
    await post_message(world.company_id, world.quote_id, "Premier", ACTOR)
    last = await post_message(world.company_id, world.quote_id, "Dernier", ACTOR)
    assert [row.seen for row in (await seen_by_merchant(world)).messages] == ["", ""]
    moment = runtime().clock()
    runtime().clock = lambda: moment
    await mark_read_with_token(world.token, last, CLIENT)
    first, second = (await seen_by_merchant(world)).messages
    assert first.seen == ""
    assert second.seen.startswith("Lu à ")
    runtime().clock = lambda: moment + timedelta(days=40)
    await mark_read_with_token(world.token, last, CLIENT)
    assert "Lu le" in (await seen_by_merchant(world)).messages[1].seen


async def test_reading_an_older_message_takes_nothing_back(world: World) -> None:
    first = await post_message(world.company_id, world.quote_id, "Premier", ACTOR)
    last = await post_message(world.company_id, world.quote_id, "Dernier", ACTOR)
    await mark_read_with_token(world.token, last, CLIENT)
    await mark_read_with_token(world.token, first, CLIENT)
    assert (await seen_by_merchant(world)).messages[1].seen != ""


async def test_the_client_sees_when_its_last_message_was_read(world: World) -> None:
    await write(world, "Bonjour")
    [message] = (await seen_by_merchant(world)).messages
    assert (await seen_by_client(world))[0].seen == ""
    await mark_read(world.company_id, world.quote_id, message.id, "lucas")
    assert (await seen_by_client(world))[0].seen.startswith("Lu à ")
    await write(world, "Et encore")
    assert [row.seen for row in await seen_by_client(world)] == ["", ""]


async def test_the_merchant_looking_through_its_own_link_has_read_nothing(world: World) -> None:
    last = await post_message(world.company_id, world.quote_id, "Bonjour", ACTOR)
    await mark_read_with_token(world.token, last, Visitor(company_id=world.company_id))
    assert (await seen_by_merchant(world)).messages[0].seen == ""


async def test_nobody_reads_what_is_not_theirs_to_read(world: World) -> None:
    note = await post_message(world.company_id, world.quote_id, "Marge", ACTOR, internal=True)
    await write(world, "Bonjour")
    mine = (await seen_by_merchant(world)).messages[1].id
    for id_ in (note, mine, "x", "0" * 32):
        with pytest.raises(NotFound):
            await mark_read_with_token(world.token, id_, CLIENT)
    with pytest.raises(NotFound):
        await mark_read("0" * 32, world.quote_id, mine, "lucas")


async def test_writing_is_told_at_most_once_in_two_seconds_and_kept_nowhere(world: World) -> None:
    told: list[Change] = []

    async def publish(changes: list[Change]) -> None:
        told.extend(changes)

    runtime().publish = publish
    for _ in range(3):
        await hint_typing_with_token(world.token, CLIENT)
        await hint_typing(world.company_id, world.quote_id, "lucas")
    await hint_typing_with_token(world.token, Visitor(company_id=world.company_id))
    topic = f"talk:{world.quote_id}"
    assert [(change.topic, change.what) for change in told] == [
        (topic, "typing.client"),
        (topic, "typing.merchant"),
    ]


async def test_a_visitor_is_called_as_they_ask_and_never_taken_for_another(world: World) -> None:
    await write(world, "De ma part")
    await write(world, "De la sienne", " Paul\nFontaine ")
    own, others = (await seen_by_merchant(world)).messages
    assert (own.author, own.through) == ("Claire Fontaine", "")
    assert (others.author, others.through) == ("Paul Fontaine", "Claire Fontaine")
    assert [row.author for row in await seen_by_client(world)] == ["Vous", "Paul Fontaine"]
    with pytest.raises(Invalid) as refused:
        await write(world, "x", "n" * 201)
    assert refused.value.errors[0].field == "name"


async def test_a_mention_rings_for_one_colleague(world: World) -> None:
    paul = await colleague(world, "Paul Durand", "paul@atelier.example")
    anna = await colleague(world, "Anna Petit", "anna@atelier.example")
    await post_message(
        world.company_id, world.quote_id, "@paul et pas anna, voir a@anna.example", ACTOR, internal=True
    )
    async with reading() as session:
        news, unread = await latest_news(session, world.company_id, paul, "fr")
        assert unread == 1
        assert news[0].sentence == "Lucas vous mentionne dans une note interne"
        assert (await latest_news(session, world.company_id, anna, "fr"))[1] == 0
        [note] = (await talk_of(session, await session.get_one(Document, world.quote_id), "fr")).messages
        assert note.side == "internal"


async def test_a_mention_in_a_message_to_the_client_rings_for_nobody(world: World) -> None:
    paul = await colleague(world, "Paul Durand", "paul@atelier.example")
    await post_message(world.company_id, world.quote_id, "Voyez avec @Paul", ACTOR)
    async with reading() as session:
        assert (await latest_news(session, world.company_id, paul, "fr"))[1] == 0


async def test_what_happened_stands_between_the_messages_on_both_sides(world: World) -> None:
    await write(world, "Je regarde")
    form = decisions.DecisionForm(
        decision="accept",
        version="1",
        name="Claire Fontaine",
        nonce=new_nonce(world.quote_id, decisions.PURPOSE),
    )
    await decisions.decide_with_token(world.token, form, CLIENT)
    await post_message(world.company_id, world.quote_id, "Note", ACTOR, internal=True)
    await post_message(world.company_id, world.quote_id, "Merci", ACTOR)
    accepted = "Accepté par Claire Fontaine"
    assert [words(row) for row in (await seen_by_merchant(world)).messages] == [
        "Je regarde",
        accepted,
        "Note",
        "Merci",
    ]
    assert [words(row) for row in await seen_by_client(world)] == ["Je regarde", accepted, "Merci"]


async def test_older_pages_bring_what_happened_then(world: World) -> None:
    form = decisions.DecisionForm(
        decision="hold", version="1", name="Claire", nonce=new_nonce(world.quote_id, decisions.PURPOSE)
    )
    await decisions.decide_with_token(world.token, form, CLIENT)
    async with work() as w:
        for number in range(40):
            w.session.add(
                Message(
                    company_id=world.company_id, document_id=world.quote_id, author="merchant",
                    author_name="Lucas", body=str(number), at=w.at + timedelta(seconds=number + 1),
                )
            )  # fmt: skip
    async with reading() as session:
        document = await session.get_one(Document, world.quote_id)
        newest = await talk_of(session, document, "fr")
        both = await talk_of(session, document, "fr", 2)
    assert newest.has_older
    assert [row.side for row in newest.messages] == ["merchant"] * 30
    assert [row.side for row in both.messages] == ["entry"] + ["merchant"] * 40
