"""Answers by mail: who may speak, what waits for the merchant, what is dropped; and each mail once."""

import asyncio
import json

import pytest
from sqlmodel import col, select

from tests.factories import mails
from tests.factories.files import pdf, picture
from tests.services.conftest import ACTOR, World, execute
from webdoc_app.domain.errors import Conflict, NotFound, TooMany
from webdoc_app.models import (
    IncomingMail,
    Message,
    OutboxMail,
    ShareLink,
    StoredFile,
    User,
)
from webdoc_app.reads.news import latest_news
from webdoc_app.services import files as files_service
from webdoc_app.services import limits, links, sending
from webdoc_app.services.held_mails import accept_mail, discard_mail
from webdoc_app.services.incoming import MOST_HELD, Outcome, take
from webdoc_app.services.mail_addresses import reply_address
from webdoc_app.services.work import reading, runtime

EVE = "Eve <eve@evil.example>"
ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""Nothing in it depends on the database."""


@pytest.fixture
async def address(world: World, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where Claire's answers go: her link's address, once a mail was sent to her."""
    monkeypatch.setattr(limits, "_by_loop", {})
    runtime().reply_address = "reply@in.example.fr"
    letter = sending.Letter(to="claire@fontaine.example")
    await sending.send_document(world.company_id, world.quote_id, letter, ACTOR)
    return (await only(OutboxMail)).reply_to


async def all_of(table: type) -> list:
    async with reading() as session:
        return list((await session.exec(select(table))).all())


async def only(table: type):
    [row] = await all_of(table)
    return row


async def said() -> list[tuple[str, str]]:
    async with reading() as session:
        query = select(Message).order_by(col(Message.at))
        return [(message.author_name, message.body) for message in (await session.exec(query)).all()]


async def bell(world: World) -> list[str]:
    async with reading() as session:
        user_id = (await session.exec(select(User.id))).one()
        return [item.sentence for item in (await latest_news(session, world.company_id, user_id, "fr"))[0]]


async def test_the_recipient_speaks_as_on_the_page_and_each_mail_once(world: World, address: str) -> None:
    raw = mails.mail(
        address.upper().replace("IN.EXAMPLE.FR", "in.example.fr"), sender="claire@FONTAINE.example"
    )
    assert await take(raw) == Outcome.POSTED
    # Through another way, with other Received lines, the same mail.
    assert await take(b"Received: from x\n" + raw, [address]) == Outcome.AGAIN
    assert await said() == [("Claire Fontaine", "Oui, c’est parfait pour nous.\nMerci")]
    assert await bell(world) == ["Claire Fontaine a écrit au sujet de D-2026-00001"]
    kept = await only(IncomingMail)
    assert (kept.state, kept.raw, kept.words, kept.subject) == ("posted", None, "", "")
    message = await only(Message)
    assert (message.author, message.internal, message.link_id) == ("client", False, kept.link_id)
    other = mails.mail(address, "Encore", id_="<2@mail.fontaine.example>")
    assert [await take(other), await take(other)] == [Outcome.POSTED, Outcome.AGAIN]


async def test_of_many_at_once_one_is_posted(world: World, address: str) -> None:
    outcomes = await asyncio.gather(*(take(mails.mail(address)) for _ in range(5)))
    assert sorted(outcomes) == [Outcome.AGAIN] * 4 + [Outcome.POSTED]
    assert len(await said()) == 1


async def test_another_sender_waits_is_not_shown_and_can_be_accepted(world: World, address: str) -> None:
    raw = mails.mail(address, "Je suis sa mère : d’accord.", sender=EVE, files=(("plan.pdf", pdf()),))
    assert await take(raw) == Outcome.HELD
    assert await take(raw) == Outcome.AGAIN
    assert await said() == [] and await all_of(StoredFile) == []
    assert await bell(world) == [
        "Une réponse reçue par courriel de eve@evil.example attend votre accord (D-2026-00001)"
    ]
    held = await only(IncomingMail)
    assert (held.state, held.why, json.loads(held.files)) == ("held", "sender", ["plan.pdf"])
    with pytest.raises(NotFound):
        await accept_mail("0" * 32, held.id, ACTOR)
    with pytest.raises(NotFound):
        await discard_mail("0" * 32, held.id, ACTOR)
    await asyncio.gather(*(accept_mail(world.company_id, held.id, ACTOR) for _ in range(3)))
    assert await said() == [("Eve (eve@evil.example)", "Je suis sa mère : d’accord.")]
    file = await only(StoredFile)
    assert (file.name, file.visible, file.author) == ("plan.pdf", True, "client")
    kept = await only(IncomingMail)
    assert (kept.state, kept.decided_by, kept.raw, kept.words) == ("accepted", "Lucas", None, "")
    assert len(await bell(world)) == 1
    with pytest.raises(Conflict):
        await discard_mail(world.company_id, held.id, ACTOR)


async def test_a_discarded_mail_leaves_nothing_of_what_it_said(world: World, address: str) -> None:
    await take(mails.mail(address, "Chut", sender=EVE))
    held = await only(IncomingMail)
    await discard_mail(world.company_id, held.id, ACTOR)
    await discard_mail(world.company_id, held.id, ACTOR)
    kept = await only(IncomingMail)
    assert (kept.state, kept.raw, kept.words, kept.subject) == ("discarded", None, "", "")
    with pytest.raises(Conflict):
        await accept_mail(world.company_id, held.id, ACTOR)
    assert await said() == []
    assert await take(mails.mail(address, "Chut", sender=EVE)) == Outcome.AGAIN


@ONE
@pytest.mark.parametrize("close", [links.disable_link, links.revoke_link, links.rotate_link])
async def test_through_a_closed_or_replaced_link_it_waits(world: World, address: str, close: object) -> None:
    await close(world.company_id, world.quote_id, None, ACTOR)  # type: ignore[operator]
    assert await take(mails.mail(address)) == Outcome.HELD
    assert (await only(IncomingMail)).why == ("unsigned" if close is links.rotate_link else "link")


@ONE
async def test_without_a_signed_address_a_known_message_id_is_enough_to_wait(
    world: World, address: str
) -> None:
    sent = await only(OutboxMail)
    at_home = {"In_Reply_To": sent.message_id}
    assert await take(mails.mail("reply@in.example.fr", **at_home)) == Outcome.HELD
    forged = (
        address.replace("reply+a", "reply+b")
        if "reply+a" in address
        else address.replace("reply+", "reply+a", 1)[:200]
    )
    assert (
        await take(mails.mail(forged, id_="<3@x.fr>", References=f"<1@x.fr> {sent.message_id}"))
        == Outcome.HELD
    )
    assert {row.why for row in await all_of(IncomingMail)} == {"unsigned"}
    # Neither: it is nobody's.
    assert await take(mails.mail(forged, id_="<4@x.fr>")) == Outcome.DROPPED
    invented = f"<{sent.id}@evil.example>"
    assert await take(mails.mail(forged, id_="<5@x.fr>", In_Reply_To=invented)) == Outcome.DROPPED
    assert await said() == [] and len(await all_of(IncomingMail)) == 2


@ONE
async def test_the_believed_server_has_the_last_word(world: World, address: str) -> None:
    runtime().authserv = "mx.example.fr"
    good, bad = "mx.example.fr; dmarc=pass header.from=fontaine.example", "mx.example.fr; dmarc=fail"
    assert await take(mails.mail(address, Authentication_Results=good)) == Outcome.POSTED
    assert await take(mails.mail(address, id_="<2@x.fr>", Authentication_Results=bad)) == Outcome.HELD
    assert await take(mails.mail(address, id_="<3@x.fr>")) == Outcome.HELD
    assert {row.why for row in await all_of(IncomingMail)} == {"", "unproven"}


@ONE
async def test_machines_that_answer_and_our_own_mails_say_nothing(world: World, address: str) -> None:
    absent = mails.mail(address, "Je suis absente", Auto_Submitted="auto-replied")
    assert await take(absent) == Outcome.AUTOMATIC
    kept = await only(IncomingMail)
    assert (kept.state, kept.why, kept.words, kept.raw) == (
        "automatic",
        "Auto-Submitted",
        "Je suis absente",
        None,
    )
    sent = await only(OutboxMail)
    assert await take(mails.mail(address, id_=sent.message_id)) == Outcome.DROPPED
    assert await take(mails.mail(address, sender=address, id_="<8@x.fr>")) == Outcome.DROPPED
    assert await said() == [] and await bell(world) == []


@ONE
async def test_files_are_checked_as_uploads_are_and_refused_ones_are_named(
    world: World, address: str
) -> None:
    sent = (
        ("plan.pdf", pdf()),
        ("dessin.svg", b"<svg onload=x>"),
        ("photo.png", picture()),
        ("../x.pdf", pdf()),
    )
    assert await take(mails.mail(address, "Voici", files=sent)) == Outcome.POSTED
    [(_, body)] = await said()
    assert body.replace("\N{NO-BREAK SPACE}", " ") == (
        "Voici\n\nPièce jointe non reprise (dessin.svg) : Seuls les fichiers PDF, PNG et JPEG sont acceptés.\n"
        "Pièce jointe non reprise (../x.pdf) : Ce nom de fichier n’est pas accepté : il contient un chemin ou des "
        "caractères interdits."
    )
    kept = {file.name: file.data for file in await all_of(StoredFile)}
    assert set(kept) == {"plan.pdf", "photo.png"}


@ONE
async def test_without_room_for_files_the_words_still_arrive(
    world: World, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files_service, "ROOM", 10)
    assert await take(mails.mail(address, "Voici", files=(("plan.pdf", pdf()),))) == Outcome.POSTED
    assert "déjà 100" in (await said())[0][1] and await all_of(StoredFile) == []


@ONE
async def test_a_mail_without_words_says_its_subject_and_a_long_one_is_cut(
    world: World, address: str
) -> None:
    await take(mails.mail(address, "", subject="C’est d’accord"))
    await take(mails.mail(address, "mot " * 300_000, id_="<2@x.fr>"))
    bodies = [body for _, body in await said()]
    assert bodies[0] == "C’est d’accord" and len(bodies[1]) <= 10_000


@ONE
async def test_a_flood_is_slowed_and_held_mails_are_counted(world: World, address: str) -> None:
    taken = 0
    with pytest.raises(TooMany):
        for number in range(500):
            taken += await take(mails.mail(address, id_=f"<{number}@x.fr>")) == Outcome.POSTED
    assert taken == limits.MESSAGES.amount
    await execute("DELETE FROM incoming_mails")
    limits._by_loop.clear()
    outcomes = [await take(mails.mail(address, sender=EVE, id_=f"<{n}@y.fr>")) for n in range(MOST_HELD + 2)]
    assert outcomes == [Outcome.HELD] * MOST_HELD + [Outcome.DROPPED] * 2


@ONE
async def test_another_document_of_the_chain_has_an_address_of_its_own(world: World, address: str) -> None:
    from webdoc_app.domain.documents import Kind
    from webdoc_app.services import chain, issuing

    order = await chain.convert_document(world.company_id, world.quote_id, Kind.ORDER, ACTOR)
    async with reading() as session:
        link = (await session.exec(select(ShareLink))).one()
    its = reply_address(link, order)
    assert await take(mails.mail(its)) == Outcome.DROPPED  # a draft has no page, and no answers
    await issuing.issue_document(world.company_id, order, ACTOR)
    assert await take(mails.mail(its)) == Outcome.POSTED
    assert (await only(Message)).document_id == order


@ONE
async def test_what_is_no_mail_is_dropped(world: World, address: str) -> None:
    for raw in (b"", b"\x00" * 100, b"\xff" * 10_000, b"From: x\n\n", b"{}" * 1_000):
        assert await take(raw, [address]) in (Outcome.DROPPED, Outcome.HELD)
    assert await said() == []
