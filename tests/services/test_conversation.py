"""What the merchant writes: who may read it, who is told."""

import pytest
from sqlmodel import col, select

from tests.services.conftest import ACTOR, World
from webdoc_app.domain.errors import Invalid
from webdoc_app.models import Document, Message, OutboxMail
from webdoc_app.services import customers
from webdoc_app.services.conversation import post_message
from webdoc_app.services.work import reading


async def mails() -> list[OutboxMail]:
    async with reading() as session:
        return list((await session.exec(select(OutboxMail).order_by(col(OutboxMail.created_at)))).all())


async def give_address(world: World, email: str) -> None:
    async with reading() as session:
        document = await session.get_one(Document, world.quote_id)
    fields = {"name": "Claire Fontaine", "email": email}
    await customers.change_customer(world.company_id, document.customer_id, fields)


async def test_a_told_client_gets_one_mail_with_the_words_and_the_link(world: World) -> None:
    await give_address(world, "claire@example.fr")
    await post_message(world.company_id, world.quote_id, "Le chêne vient du Jura.", ACTOR, notify=True)
    [mail] = await mails()
    assert mail.to_email == "claire@example.fr"
    assert "Le chêne vient du Jura." in mail.text_body
    assert f"/d/{world.token}" in mail.text_body


async def test_a_note_is_mailed_to_nobody_even_when_asked(world: World) -> None:
    await give_address(world, "claire@example.fr")
    await post_message(world.company_id, world.quote_id, "Marge à revoir", ACTOR, internal=True, notify=True)
    assert await mails() == []


async def test_without_an_address_nothing_is_posted(world: World) -> None:
    with pytest.raises(Invalid):
        await post_message(world.company_id, world.quote_id, "Bonjour", ACTOR, notify=True)
    async with reading() as session:
        assert (await session.exec(select(Message))).all() == []
