"""Messages about a line: of their own document only, kept in the words of then, whatever becomes of the line."""

from decimal import Decimal

import pytest
from sqlmodel import col, select

from tests.services.conftest import ACTOR, World, execute
from webdoc_app.domain.documents import Kind
from webdoc_app.domain.errors import Invalid
from webdoc_app.models import Document, Message
from webdoc_app.reads.document_talk import MessageRow, talk_of
from webdoc_app.services import conversation, documents, issuing
from webdoc_app.services.conversation import post_message, post_message_with_token
from webdoc_app.services.documents import lines_of
from webdoc_app.services.nonces import new_nonce
from webdoc_app.services.tracking import Visitor
from webdoc_app.services.work import reading


async def rows(world: World) -> list[MessageRow]:
    async with reading() as session:
        document = await session.get_one(Document, world.quote_id)
        return [row for row in (await talk_of(session, document, "fr")).messages if row.side != "entry"]


async def write(world: World, line: str, body: str = "Oui ?") -> None:
    nonce = new_nonce(world.quote_id, conversation.PURPOSE)
    await post_message_with_token(world.token, body, nonce, Visitor(), line=line)


async def test_a_line_is_named_by_its_number_or_its_id_and_stays_as_it_was_said(world: World) -> None:
    async with reading() as session:
        [line] = await lines_of(session, world.quote_id)
    await write(world, "1")
    await post_message(world.company_id, world.quote_id, "Oui.", ACTOR, line=line.id)
    await post_message(world.company_id, world.quote_id, "Sans.", ACTOR)
    assert [(row.quote, row.quote_href) for row in await rows(world)] == [
        ("1. Meuble", "#line-1"),
        ("1. Meuble", "#line-1"),
        ("", ""),
    ]
    async with reading() as session:
        first = (await session.exec(select(Message).order_by(col(Message.at)))).all()[0]
    assert (first.line_id, first.line_quote) == (line.id, "1. Meuble")

    new = documents.LineInput("Coffre", Decimal(10))
    await issuing.revise_quote(world.company_id, world.quote_id, {}, [new], ACTOR)
    quotes = [(row.quote, row.quote_href) for row in await rows(world)][:2]
    assert {text for text, _ in quotes} == {"1. Meuble"}


async def test_a_line_of_another_document_is_refused(world: World) -> None:
    async with reading() as session:
        quote = await session.get_one(Document, world.quote_id)
    draft = documents.DraftInput(
        Kind(quote.kind), quote.customer_id, [documents.LineInput("Lit", Decimal(1))]
    )
    other = await documents.create_draft(world.company_id, draft, ACTOR)
    async with reading() as session:
        [foreign] = await lines_of(session, other)
    for line, field in ((foreign.id, "line_id"), ("x" * 5_000, "line_id"), ("2", "line"), ("0", "line")):
        with pytest.raises(Invalid) as refused:
            await write(world, line)
        assert [error.field for error in refused.value.errors] == [field]
        with pytest.raises(Invalid):
            await post_message(world.company_id, world.quote_id, "Oui.", ACTOR, line=line)
    assert await execute("SELECT count(*) FROM messages") == 0
