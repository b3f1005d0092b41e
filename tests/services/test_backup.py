"""A backup taken while the product runs gives back every row, and the links that were sent."""

import os
import stat
import tarfile

import pytest

from tests.postgres import programs
from tests.services.conftest import ACTOR, World, execute
from webdoc_app.domain.errors import Conflict, NotFound, Refusal
from webdoc_app.services import audit, conversation, sharing
from webdoc_app.services.backup import backup, restore
from webdoc_app.services.database import async_engine
from webdoc_app.services.keys import load_keys
from webdoc_app.services.work import Runtime, configure, reading, runtime


@pytest.fixture(autouse=True)
def postgres_programs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where PATH has none, the server's own folder has `pg_dump` too."""
    if found := programs():
        monkeypatch.setenv("PATH", f"{os.environ['PATH']}{os.pathsep}{found}")


@pytest.fixture
def data_dir(tmp_path):
    load_keys("", tmp_path / "data")
    return tmp_path / "data"


async def test_what_was_backed_up_comes_back_whole(world: World, data_dir, other_database_url, tmp_path):
    await conversation.post_message(world.company_id, world.quote_id, "Bonjour", ACTOR)
    backup(world.url, data_dir, tmp_path / "saved.tar.gz")
    await conversation.post_message(world.company_id, world.quote_id, "Trop tard", ACTOR)
    restore(other_database_url, tmp_path / "elsewhere", tmp_path / "saved.tar.gz")

    engine = runtime().engine
    configure(
        Runtime(engine=async_engine(other_database_url), keys=runtime().keys, origin="http://localhost:3000")
    )
    try:
        assert await audit.verify() == []
        assert await execute("SELECT count(*) FROM messages") == 1
        async with reading() as session:
            link = await sharing.main_link(session, world.quote_id)
        assert sharing.token_of(link) == world.token
    finally:
        await runtime().engine.dispose()
        await engine.dispose()
    assert load_keys("", tmp_path / "elsewhere") == load_keys("", data_dir)


async def test_only_its_owner_reads_a_backup(world: World, data_dir, other_database_url, tmp_path):
    backup(world.url, data_dir, tmp_path / "saved.tar.gz")
    restore(other_database_url, tmp_path / "elsewhere", tmp_path / "saved.tar.gz")

    for file in (tmp_path / "saved.tar.gz", tmp_path / "elsewhere" / "secret.key"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.glob(".webdoc*")] == []
    assert [file.name for file in (tmp_path / "elsewhere").glob(".webdoc*")] == []


async def test_nothing_is_overwritten(world: World, data_dir, other_database_url, tmp_path):
    saved = tmp_path / "saved.tar.gz"
    backup(world.url, data_dir, saved)

    with pytest.raises(Conflict):
        restore(world.url, data_dir, saved)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "secret.key").write_text("another")
    with pytest.raises(Conflict):
        restore(other_database_url, tmp_path / "elsewhere", saved)
    assert (tmp_path / "elsewhere" / "secret.key").read_text() == "another"
    (tmp_path / "elsewhere" / "secret.key").unlink()
    restore(other_database_url, tmp_path / "elsewhere", saved)


async def test_a_journal_left_behind_is_not_played_into_the_restored_database(tmp_path, data_dir):
    target = tmp_path / "there" / "webdoc.sqlite3"
    target.parent.mkdir()
    target.with_name("webdoc.sqlite3-wal").touch()
    with tarfile.open(tmp_path / "saved.tar.gz", "w:gz") as archive:
        archive.add(__file__, "webdoc.sqlite3")

    with pytest.raises(Conflict, match="wal"):
        restore(f"sqlite:///{target}", tmp_path / "there", tmp_path / "saved.tar.gz")


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b\x08\x00 cut short"])
def test_a_file_that_is_no_backup(tmp_path, content):
    (tmp_path / "saved").write_bytes(content)
    with pytest.raises(Conflict):
        restore(f"sqlite:///{tmp_path / 'x'}", tmp_path / "there", tmp_path / "saved")


def test_a_backup_of_the_other_kind_of_database(tmp_path):
    with tarfile.open(tmp_path / "saved", "w:gz") as archive:
        archive.add(__file__, "webdoc.pgdump")
    with pytest.raises(Conflict, match="SQLite"):
        restore(f"sqlite:///{tmp_path / 'x'}", tmp_path / "there", tmp_path / "saved")


def test_what_is_not_there(tmp_path):
    with pytest.raises(NotFound):
        backup(f"sqlite:///{tmp_path / 'x'}", tmp_path, tmp_path / "saved")
    with pytest.raises(NotFound):
        restore(f"sqlite:///{tmp_path / 'x'}", tmp_path, tmp_path / "saved")
    assert list(tmp_path.iterdir()) == []


def test_postgresql_without_its_programs(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Refusal) as refused:
        backup("postgresql+psycopg://me@127.0.0.1:1/x", tmp_path, tmp_path / "saved")
    assert refused.value.params == {"program": "pg_dump"}
    assert not (tmp_path / "saved").exists()


@pytest.mark.postgres
def test_postgresql_that_does_not_answer_keeps_the_former_backup(tmp_path):
    (tmp_path / "saved").write_text("former")
    with pytest.raises(Refusal) as refused:
        backup("postgresql+psycopg://me:hush@127.0.0.1:1/x", tmp_path, tmp_path / "saved")
    assert "hush" not in str(refused.value.params)
    assert (tmp_path / "saved").read_text() == "former"
