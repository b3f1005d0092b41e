"""Files of a document: who gets which, and that a backup takes them along."""

from pathlib import Path

import pytest

from tests.factories import files as made
from tests.services.conftest import ACTOR, World, execute
from webdoc_app.domain.errors import Conflict, LinkGone, NotFound
from webdoc_app.integrations.uploads import CheckedFile
from webdoc_app.reads.client_page import client_page
from webdoc_app.reads.document_talk import talk_of
from webdoc_app.services import backup, files, links
from webdoc_app.services.conversation import PURPOSE, post_message, post_message_with_token
from webdoc_app.services.documents import find_document
from webdoc_app.services.nonces import new_nonce
from webdoc_app.services.tracking import Visitor
from webdoc_app.services.work import reading

PLAN = CheckedFile("plan.pdf", "application/pdf", made.pdf())


async def beside(world: World) -> list[tuple[str, bool]]:
    async with reading() as session:
        document = await find_document(session, world.company_id, world.quote_id)
        return [(file.id, file.visible) for file in (await talk_of(session, document, "fr")).files]


async def test_a_file_laid_beside_a_document_is_hidden_until_it_is_shown(world: World) -> None:
    id_ = await files.add_file(world.company_id, world.quote_id, PLAN.data, "plan.pdf", ACTOR)
    assert await beside(world) == [(id_, False)]
    with pytest.raises(NotFound):
        await files.file_with_token(world.token, id_)
    async with reading() as session:
        assert (await client_page(session, world.token)).talk.files == ()
    await files.show_file(world.company_id, id_, ACTOR, visible=True)
    assert await files.file_with_token(world.token, id_) == PLAN
    async with reading() as session:
        [shown] = (await client_page(session, world.token)).talk.files
    assert shown.address == f"/d/{world.token}/files/{id_}"
    await files.show_file(world.company_id, id_, ACTOR, visible=False)
    with pytest.raises(NotFound):
        await files.file_with_token(world.token, id_)
    await files.remove_file(world.company_id, id_, ACTOR)
    assert await beside(world) == []
    assert await execute("SELECT count(*) FROM events WHERE type LIKE 'file.%'") == 4


async def test_a_notes_file_stays_inside_with_the_note(world: World) -> None:
    note = await post_message(world.company_id, world.quote_id, "", ACTOR, internal=True, file=PLAN)
    sent = await post_message(world.company_id, world.quote_id, "", ACTOR, file=PLAN)
    async with reading() as session:
        document = await find_document(session, world.company_id, world.quote_id)
        rows = {row.id: row.files[0].id for row in (await talk_of(session, document, "fr")).messages}
        [seen] = (await client_page(session, world.token)).talk.messages
    assert [file.id for file in seen.files] == [rows[sent]]
    with pytest.raises(NotFound):
        await files.file_with_token(world.token, rows[note])
    assert await files.file_of(world.company_id, rows[note]) == PLAN
    for attempt in (
        files.show_file(world.company_id, rows[note], ACTOR, visible=True),
        files.remove_file(world.company_id, rows[sent], ACTOR),
        files.file_of("0" * 32, rows[sent]),
        files.remove_file("0" * 32, rows[sent], ACTOR),
        files.file_with_token(world.token, "../x"),
    ):
        with pytest.raises(NotFound):
            await attempt


async def test_the_same_form_brings_its_file_once(world: World) -> None:
    nonce = new_nonce(world.quote_id, PURPOSE)
    for _ in range(2):
        await post_message_with_token(world.token, "Voici", nonce, Visitor(), file=PLAN)
    other = CheckedFile("autre.pdf", "application/pdf", PLAN.data + b"\n")
    with pytest.raises(Conflict):
        await post_message_with_token(world.token, "Voici", nonce, Visitor(), file=other)
    for _ in range(2):
        await post_message(world.company_id, world.quote_id, "", ACTOR, file=PLAN, key="once")
    assert await execute("SELECT count(*) FROM files") == 2
    assert await execute("SELECT count(*) FROM messages") == 2


async def test_a_closed_link_gives_no_file(world: World) -> None:
    await post_message_with_token(world.token, "", new_nonce(world.quote_id, PURPOSE), Visitor(), file=PLAN)
    async with reading() as session:
        [row] = (await client_page(session, world.token)).talk.messages
    await links.revoke_link(world.company_id, world.quote_id, None, ACTOR)
    with pytest.raises(LinkGone):
        await files.file_with_token(world.token, row.files[0].id)


async def test_a_document_takes_no_more_than_there_is_room_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "ROOM", 2 * len(PLAN.data))
    for _ in range(2):
        await post_message(world.company_id, world.quote_id, "", ACTOR, file=PLAN)
    with pytest.raises(Conflict):
        await post_message(world.company_id, world.quote_id, "trop", ACTOR, file=PLAN)
    assert await execute("SELECT count(*) FROM messages") == 2
    await post_message_with_token(world.token, "", new_nonce(world.quote_id, PURPOSE), Visitor(), file=PLAN)


async def test_a_backup_takes_the_files_along(world: World, tmp_path: Path) -> None:
    if not world.url.startswith("sqlite"):
        pytest.skip("the dump of PostgreSQL takes whole tables, see test_backup")
    await files.add_file(world.company_id, world.quote_id, PLAN.data, "plan.pdf", ACTOR)
    backup.backup(world.url, tmp_path, tmp_path / "saved")
    (tmp_path / "elsewhere").mkdir()
    url = f"sqlite:///{tmp_path / 'elsewhere' / 'webdoc.sqlite3'}"
    backup.restore(url, tmp_path / "elsewhere", tmp_path / "saved")
    import sqlite3

    with sqlite3.connect(tmp_path / "elsewhere" / "webdoc.sqlite3") as connection:
        assert connection.execute("SELECT name, data FROM files").fetchall() == [("plan.pdf", PLAN.data)]
    connection.close()
