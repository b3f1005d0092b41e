"""Nobody cuts or rewrites the history unseen: whoever has the database, and whoever has an old copy of it too."""

import json
import multiprocessing
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlmodel import select

from tests.services.conftest import ACTOR, World, execute
from tests.services.populated import populate
from tests.services.test_columns_of_record import behind_its_back
from webdoc_app.domain.content import event_hash
from webdoc_app.models import OutboxMail
from webdoc_app.services import audit, conversation, history_care, links, seals
from webdoc_app.services.anchors import LOG, keep_anchors, read_given, read_log
from webdoc_app.services.history_care import (
    anchor_of,
    ensure_keys,
    keep_heads,
    rotate_history_key,
    seal_histories,
)
from webdoc_app.services.work import reading, runtime

NOW = timedelta(0)


@pytest.fixture
def data_dir(world: World, tmp_path: Path) -> Path:
    """Where the anchors are kept."""
    folder = tmp_path / "data"
    folder.mkdir()
    runtime().data_dir = folder
    return folder


async def say(world: World, times: int = 1) -> None:
    for place in range(times):
        await conversation.post_message(world.company_id, world.quote_id, f"Message {place}", ACTOR)


def cut(connection: Connection, last: int) -> None:
    """Every event after `last` goes, and the end is put back there."""
    connection.execute(text("DELETE FROM events WHERE seq > :last"), {"last": last})
    hash_ = connection.execute(text("SELECT hash FROM events WHERE seq = :last"), {"last": last}).scalar_one()
    connection.execute(
        text("UPDATE event_heads SET seq = :last, hash = :hash"), {"last": last, "hash": hash_}
    )
    connection.commit()


def chain_anew(connection: Connection) -> None:
    """Hashes recomputed from the first event on, as anybody can, and the end put where they end."""
    rows = [dict(row) for row in connection.execute(text("SELECT * FROM events ORDER BY seq")).mappings()]
    previous = ""
    for place, row in enumerate(rows, 1):
        old = row["seq"]
        row |= {"seq": place, "previous_hash": previous}
        row["hash"] = previous = event_hash(row)
        new = {"old": old, **{name: row[name] for name in ("seq", "previous_hash", "hash")}}
        connection.execute(
            text(
                "UPDATE events SET seq = :seq, previous_hash = :previous_hash, hash = :hash WHERE seq = :old"
            ),
            new,
        )
    connection.execute(
        text("UPDATE event_heads SET seq = :seq, hash = :hash"), {"seq": len(rows), "hash": previous}
    )
    connection.commit()


def table_of(connection: Connection, name: str) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(text(f"SELECT * FROM {name}")).mappings()]


def put_back(connection: Connection, name: str, rows: list[dict[str, Any]]) -> None:
    connection.execute(text(f"DELETE FROM {name}"))
    for row in rows:
        columns = ", ".join(row)
        values = ", ".join(f":{column}" for column in row)
        connection.execute(text(f"INSERT INTO {name} ({columns}) VALUES ({values})"), row)
    connection.commit()


def copy_of(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    """All that a history is made of: what an attacker keeps of an earlier day, signatures and all."""
    names = ("events", "event_heads", "messages", "share_links", "documents")
    found = {name: table_of(connection, name) for name in names}
    connection.rollback()
    return found


async def test_a_tail_cut_off_with_the_end_put_back_is_named_without_any_anchor(world: World) -> None:
    await say(world)
    with behind_its_back(world.url) as connection:
        last = int(connection.execute(text("SELECT max(seq) FROM events")).scalar_one())
        connection.rollback()
        await say(world, 6)
        connection.execute(text("DELETE FROM messages WHERE body != 'Message 0'"))
        connection.execute(
            text("DELETE FROM messages WHERE at > (SELECT at FROM events WHERE seq = :last)"), {"last": last}
        )
        cut(connection, last)
    faults = await audit.verify()
    assert any("la fin de l’historique n’est pas celle qui a été signée" in fault for fault in faults)


async def test_an_answer_erased_with_all_that_followed_is_named(world: World) -> None:
    await populate(world)
    await say(world, 12)
    with behind_its_back(world.url) as connection:
        answered = connection.execute(
            text("SELECT min(seq) FROM events WHERE type = 'decision.accepted'")
        ).scalar_one()
        connection.execute(text("DELETE FROM decisions"))
        connection.execute(text("DELETE FROM certificates"))
        connection.execute(
            text(
                "UPDATE documents SET state = 'issued', options = '[]', options_net_minor = 0, options_vat_minor = 0"
            )
        )
        connection.execute(text("DELETE FROM messages"))
        cut(connection, int(answered) - 1)
    assert any("la fin de l’historique" in fault for fault in await audit.verify())


async def test_another_name_and_address_in_an_answer_with_the_chain_made_anew_is_named(world: World) -> None:
    await populate(world)
    with behind_its_back(world.url) as connection:
        connection.execute(text("UPDATE decisions SET name = 'Autre', address = '198.51.100.1'"))
        row = (
            connection.execute(text("SELECT seq, data FROM events WHERE type = 'decision.accepted'"))
            .mappings()
            .one()
        )
        data = row["data"].replace("Jeanne Morel", "Autre").replace("203.0.113.7", "198.51.100.1")
        connection.execute(
            text("UPDATE events SET data = :data WHERE seq = :seq"), {"data": data, "seq": row["seq"]}
        )
        chain_anew(connection)
    faults = await audit.verify()
    assert any(f"événement {row['seq']} " in fault and "sa signature" in fault for fault in faults)


async def test_a_pdf_replaced_with_its_hash_is_named(world: World) -> None:
    await populate(world)
    with behind_its_back(world.url) as connection:
        digest = "7f83b1657ff1fc53b92dc18148a1d65dfc2d4b1fa3d677284addd200126d9069"
        connection.execute(
            text("UPDATE stored_pdfs SET data = :data, sha256 = :digest WHERE version = 2"),
            {"data": b"Hello World!", "digest": digest},
        )
        connection.execute(
            text("UPDATE certificates SET data = :data, sha256 = :digest"),
            {"data": b"Hello World!", "digest": digest},
        )
        connection.commit()
    faults = await audit.verify()
    assert any(fault.startswith("PDF du document") and "altéré depuis" in fault for fault in faults)
    assert any(fault.startswith("attestation") and "altéré depuis" in fault for fault in faults)


async def test_signatures_taken_off_are_named(world: World) -> None:
    await say(world)
    with behind_its_back(world.url) as connection:
        for strip in (
            "UPDATE events SET mac = ''",
            "UPDATE events SET mac = '' WHERE seq = 4",
            "UPDATE event_heads SET mac = ''",
            "UPDATE event_heads SET sealed_seq = 0",
            "DELETE FROM history_keys",
        ):
            before = {name: table_of(connection, name) for name in ("events", "event_heads", "history_keys")}
            connection.execute(text(strip))
            connection.commit()
            assert await audit.verify() != [], strip
            for name, rows in before.items():
                put_back(connection, name, rows)
    assert await audit.verify() == []


async def test_an_end_that_was_put_back_by_force_is_not_sealed_anew_unseen(world: World) -> None:
    await say(world, 3)
    with behind_its_back(world.url) as connection:
        connection.execute(text("UPDATE messages SET body = 'Autre'"))
        connection.execute(text("UPDATE events SET mac = ''"))
        connection.execute(text("DELETE FROM history_keys"))
        connection.execute(text("UPDATE event_heads SET mac = '', sealed_seq = 0"))
        connection.commit()
    runtime().keyring = None
    await seal_histories()
    assert any("sa signature a été ôtée" in fault for fault in await audit.verify())


async def test_an_older_copy_of_the_whole_database_is_named_by_the_anchors(
    world: World, data_dir: Path
) -> None:
    await say(world)
    with behind_its_back(world.url) as connection:
        copy = copy_of(connection)
        await say(world, 6)
        await keep_heads(NOW)
        fetched = (await anchor_of(world.company_id)).line
        for name, rows in copy.items():
            put_back(connection, name, rows)
    last = max(row["seq"] for row in copy["events"])
    [fault] = await audit.verify()
    assert f"entreprise {world.company_id} : l’historique a été coupé : l’événement {last + 6}" in fault
    assert read_log(data_dir)[-1].at[:10] in fault  # type: ignore[union-attr]
    # Who has the folder too takes its anchors away; those elsewhere remain.
    (data_dir / LOG).unlink()
    assert await audit.verify() == []
    assert len((await audit.examine(read_given(fetched.encode()))).faults) == 1
    # Written on from there, it is another history.
    await say(world, 9)
    [fault] = (await audit.examine(read_given(fetched.encode()))).faults
    assert "a été réécrit" in fault


async def test_an_anchor_of_another_is_no_anchor_and_a_company_that_is_gone_is_named(
    world: World, data_dir: Path
) -> None:
    keep_anchors(data_dir, "another secret", [(world.company_id, 1, "00")], datetime.now(UTC))
    [fault] = await audit.verify()
    assert "n’est pas signée par cette installation" in fault
    (data_dir / LOG).write_text("no anchor\n")
    assert await audit.verify() == [f"{LOG}, ligne 1 : ce n’est pas une ancre"]
    (data_dir / LOG).unlink()
    keep_anchors(data_dir, runtime().keys[-1], [("c" * 32, 7, "00")], datetime.now(UTC))
    [fault] = await audit.verify()
    assert "c" * 32 in fault and "a été coupé" in fault


async def test_a_backup_put_back_is_a_note_and_hides_nothing_that_came_after(
    world: World, data_dir: Path
) -> None:
    await say(world)
    with behind_its_back(world.url) as connection:
        copy = copy_of(connection)
        await say(world, 6)
        await keep_heads(NOW)
        for name, rows in copy.items():
            put_back(connection, name, rows)
        await history_care.note_restored(in_place=True)
        found = await audit.examine()
        assert found.faults == []
        assert any("une sauvegarde a été remise en place" in note for note in found.notes)
        assert "ne sont plus dans l’historique" in found.notes[0] and len(found.notes) == 1
        await say(world, 9)
        assert (await audit.examine()).faults == []
        # What was written after it is attested as before: cut it, and it shows.
        await keep_heads(NOW)
        restored = connection.execute(
            text("SELECT seq FROM events WHERE type = 'history.restored'")
        ).scalar_one()
        cut(connection, int(restored))
    assert any("a été coupé" in fault for fault in await audit.verify())


async def test_nobody_without_the_key_says_that_a_backup_was_put_back(world: World, data_dir: Path) -> None:
    await say(world)
    with behind_its_back(world.url) as connection:
        copy = copy_of(connection)
        await say(world, 6)
        await keep_heads(NOW)
        for name, rows in copy.items():
            put_back(connection, name, rows)
        last = table_of(connection, "events")[-1]
        forged = last | {"seq": last["seq"] + 1, "id": "f" * 32, "type": "history.restored", "bound": ""}
        forged |= {"document_id": None, "data": '{"in_place":true}', "at": "2099-01-01T00:00:00.000000Z"}
        put_back(connection, "events", [*table_of(connection, "events"), forged])
        chain_anew(connection)
    faults = await audit.verify()
    assert any("sa signature n’est pas la sienne" in fault for fault in faults)
    assert any("a été coupé" in fault or "a été réécrit" in fault for fault in faults)


async def test_keys_once_used_are_kept_to_check_with(world: World, data_dir: Path) -> None:
    old, current = runtime().keys[-1], runtime()
    await ensure_keys()
    await keep_heads(NOW)
    given = (await anchor_of(world.company_id)).line
    current.keys, current.keyring = [old, "n" * 40], None
    await rotate_history_key()
    await say(world)
    assert await execute("SELECT count(*) FROM events WHERE mac LIKE '2:%'") == 1
    # The old secret may go: the keys and seals it made still hold.
    current.keys, current.keyring = ["n" * 40], None
    assert (await audit.examine(read_given(given.encode()))).faults == []
    await links.rotate_link(world.company_id, world.quote_id, None, ACTOR)
    assert await audit.verify() == []


async def test_a_lost_secret_is_said_in_few_lines_and_the_product_goes_on(world: World) -> None:
    await ensure_keys()
    await say(world, 5)
    runtime().keys, runtime().keyring = ["another secret"], None
    faults = await audit.verify()
    assert 0 < len(faults) < 5
    assert any("les secrets de cette installation ne l’ouvrent pas" in fault for fault in faults)
    await say(world)
    assert await execute("SELECT count(*) FROM events WHERE mac LIKE '2:%'") == 1


async def test_values_that_are_no_text_are_named(world: World) -> None:
    if not world.url.startswith("sqlite"):
        pytest.skip("PostgreSQL refuses them")
    await populate(world)
    with behind_its_back(world.url) as connection:
        for table, column in (
            ("events", "data"), ("events", "bound"), ("events", "mac"), ("events", "hash"), ("messages", "body"),
            ("share_links", "recipient_name"), ("documents", "state"), ("event_heads", "mac"), ("event_heads", "seq"),
            ("history_keys", "wrapped"), ("documents", "title"), ("decisions", "evidence"), ("stored_pdfs", "sha256"),
        ):  # fmt: skip
            rows = table_of(connection, table)
            connection.execute(text(f"UPDATE {table} SET {column} = CAST(x'ff00fe' AS TEXT)"))
            connection.commit()
            assert await audit.verify() != [], (table, column)
            connection.execute(text(f"UPDATE {table} SET {column} = x'ff00fe'"))
            connection.commit()
            assert await audit.verify() != [], (table, column)
            put_back(connection, table, rows)
    assert await audit.verify() == []


async def test_an_answer_binds_no_text_that_could_be_found_by_trying(world: World) -> None:
    await conversation.post_message(world.company_id, world.quote_id, "oui", ACTOR)
    async with runtime().engine.connect() as connection:
        bound = (
            await connection.execute(text("SELECT bound FROM events WHERE type = 'message.posted'"))
        ).scalar_one()
    [(key, hashes)] = json.loads(bound)["rows"]["messages"].items()
    assert len(key) == 32 and hashes[0] == "" and len(hashes[1]) == 32
    assert "oui" not in bound


async def test_a_document_has_no_event_of_the_historys_own_care(world: World) -> None:
    await populate(world)
    care = "type LIKE 'history.%' OR type = 'pdf.stored'"
    assert await execute(f"SELECT count(*) FROM events WHERE ({care}) AND document_id IS NOT NULL") == 0
    assert await execute("SELECT count(*) FROM events WHERE type = 'pdf.stored'") == 3


async def test_owners_are_mailed_once_a_month_and_what_they_get_can_be_checked(
    world: World, data_dir: Path
) -> None:
    assert await history_care.mail_due_anchors() == 0
    start = runtime().clock()
    runtime().clock = lambda: start + timedelta(days=32)
    assert await history_care.mail_due_anchors() == 1
    assert await history_care.mail_due_anchors() == 0
    await history_care.mail_anchor(world.company_id)
    async with reading() as session:
        mails = (await session.exec(select(OutboxMail).where(OutboxMail.purpose == "anchor"))).all()
    assert [mail.to_email for mail in mails] == ["lucas@atelier.example"] * 2
    body = mails[0].text_body
    for given in (body, "> " + body.replace("\n", "\n> "), body.replace('","', '",\n"')):
        [anchor] = read_given(given.encode())
        assert seals.seal_holds(anchor.key, _as_described(anchor.line), anchor.signature)
        assert (await audit.examine([anchor])).faults == []


def _as_described(line: str) -> str:
    """What the documentation says is signed, written by hand."""
    told = json.loads(line)
    fields = {name: told[name] for name in ("at", "company_id", "hash", "seq")}
    return "webdoc head\n" + json.dumps(fields, separators=(",", ":"), sort_keys=True)


def _keep_many(folder: str, company: str) -> None:
    for place in range(1, 11):
        keep_anchors(Path(folder), "secret", [(company, place, f"{place}")], datetime.now(UTC))


def test_the_log_takes_lines_of_many_processes_whole_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_keep_many, args=(str(tmp_path), f"company{n}")) for n in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    found = read_log(tmp_path)
    assert len(found) == 30 and not any(isinstance(line, int) for line in found)
    assert stat.S_IMODE((tmp_path / LOG).stat().st_mode) == 0o600
    assert [line.seq for line in found if line.company_id == "company1"] == [*range(1, 11)]  # type: ignore[union-attr]


def test_an_end_is_anchored_once_and_a_line_that_was_cut_short_stays_apart(tmp_path: Path) -> None:
    moment = datetime(2026, 11, 24, tzinfo=UTC)
    heads = [("company", 3, "abc"), ("empty", 0, "")]
    assert len(keep_anchors(tmp_path, "secret", heads, moment)) == 1
    assert keep_anchors(tmp_path, "secret", heads, moment + timedelta(days=3)) == []
    moved = [("company", 4, "def")]
    assert (
        keep_anchors(tmp_path, "secret", moved, moment + timedelta(hours=1), pause=timedelta(hours=12)) == []
    )
    with (tmp_path / LOG).open("a") as log:
        log.write('{"at":"2026')
    assert len(keep_anchors(tmp_path, "secret", moved, moment + timedelta(hours=1))) == 1
    assert [isinstance(line, int) for line in read_log(tmp_path)] == [False, True, False]
