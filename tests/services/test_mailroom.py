"""Mails fetched from a mailbox: each is taken once, marked read after it was kept, by one worker at a time."""

import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.factories import mails
from tests.factories.imap import Folder, mailbox
from tests.services.conftest import World
from tests.services.test_incoming import ONE, address, said
from webdoc_app import mailroom
from webdoc_app.integrations.mail.imap import Mailbox, MailboxError
from webdoc_app.mailroom import LEASE, fetch_once
from webdoc_app.services.claims import claim
from webdoc_app.services.work import runtime

__all__ = ["address"]


@pytest.fixture
def folder() -> Iterator[tuple[Folder, str]]:
    served = Folder()
    with mailbox(served) as url:
        yield served, url


@ONE
async def test_unread_mails_are_taken_once_and_marked_after(
    address: str, folder: tuple[Folder, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    box, url = folder
    box.lay(mails.mail(address, "Un"))
    box.lay(b"nonsense")
    box.lay(mails.mail(address, "Deux\n" + "x" * 1_000_000, id_="<2@x.fr>"))
    seen_when_kept: list[set[int]] = []
    take = mailroom.take

    async def watched(raw: bytes) -> object:
        outcome = await take(raw)
        seen_when_kept.append(set(box.seen))
        return outcome

    monkeypatch.setattr(mailroom, "take", watched)
    assert await fetch_once(url, "one") == 3
    assert seen_when_kept == [set(), {1}, {1, 2}] and box.seen == {1, 2, 3}
    assert [body[:4] for _, body in await said()] == ["Un", "Deux"]
    assert await fetch_once(url, "one") == 0
    # Somebody marks them unread again: nothing is said twice.
    box.seen.clear()
    assert await fetch_once(url, "one") == 3
    assert len(await said()) == 2


@ONE
async def test_a_connection_lost_at_any_step_loses_and_doubles_nothing(
    address: str, folder: tuple[Folder, str]
) -> None:
    box, url = folder
    box.lay(mails.mail(address, "Un"))
    for command in ("LOGIN", "SELECT", "UID SEARCH", "UID FETCH 1 (RFC", "UID FETCH 1 (BODY", "UID STORE"):
        box.drop_at = command
        with pytest.raises(MailboxError):
            await fetch_once(url, "one")
        assert box.seen == set() and box.drop_at == ""
    await fetch_once(url, "one")
    assert [body for _, body in await said()] == ["Un"] and box.seen == {1}


@ONE
async def test_what_is_too_large_is_not_even_fetched_and_a_flood_stays_unread(
    world: World, address: str, folder: tuple[Folder, str], caplog: pytest.LogCaptureFixture
) -> None:
    box, url = folder
    box.sizes[box.lay(mails.mail(address, "Gros"))] = 50_000_000
    for number in range(32):
        box.lay(mails.mail(address, "Encore", id_=f"<{number}@x.fr>"))
    with caplog.at_level(logging.WARNING):
        assert await fetch_once(url, "one") == 31
    assert "50000000" in caplog.text and not [
        asked for asked in box.asked if asked.startswith("UID FETCH 1 (BODY")
    ]
    assert len(await said()) == 30 and set(box.mails) - box.seen == {32, 33}


@ONE
async def test_one_worker_at_a_time_and_another_one_when_it_is_gone(world: World) -> None:
    assert await claim("mailbox", "one", LEASE)
    assert await claim("mailbox", "one", LEASE)
    assert not await claim("mailbox", "two", LEASE)
    moment = runtime().clock() + LEASE + timedelta(seconds=1)
    runtime().clock = lambda: moment
    assert await claim("mailbox", "two", LEASE)
    assert not await claim("mailbox", "one", LEASE)


def test_a_wrong_password_or_folder_is_said_without_the_password(folder: tuple[Folder, str]) -> None:
    _, url = folder
    for wrong in (
        url.replace("secret", "hunter2"),
        url.replace("INBOX", "Nowhere"),
        "imap://a:hunter2@127.0.0.1:1/x",
    ):
        with pytest.raises(MailboxError) as refused:
            Mailbox(wrong).open()
        assert "hunter2" not in str(refused.value)
