"""Each column is of record or working; of record, a change behind the product's back is named."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Boolean, Column, Connection, Integer, LargeBinary, Table, create_engine, select, text
from sqlmodel import SQLModel

import webdoc_app.models  # noqa: F401 - makes the tables known
from tests.services.conftest import ACTOR, World
from tests.services.populated import populate
from webdoc_app.domain.of_record import END, START, TABLES, as_markdown
from webdoc_app.services import audit, files, links

ROOT = Path(__file__).resolve().parents[2]
PLACE = "webdoc_app/domain/of_record.py"


def test_every_column_of_every_table_is_in_one_of_the_lists() -> None:
    wrong = []
    for name, table in SQLModel.metadata.tables.items():
        if name not in TABLES:
            wrong.append(
                f"table {name}: add `{name}=Columns(...)` to TABLES in {PLACE}, each column with its reason"
            )
            continue
        listed = TABLES[name]
        wrong += [
            f"{name}.{column.name}: in TABLES[{name!r}] of {PLACE}, add it to `bound` (of record: what a company, its"
            " client or an auditor relies on; hashed into the event of whoever writes it through the session or"
            " insert_once), to `checked` (of record, and recomputed by a check of services/audit*.py that you add) or to"
            " `working` (free to change), with its reason; then run `python -m webdoc_app.domain.of_record`"
            for column in table.columns
            if column.name not in {**listed.of_record, **listed.working}
        ]
        gone = {*listed.of_record, *listed.working} - {column.name for column in table.columns}
        wrong += [f"{name}.{column}: is no column any more, take it out of {PLACE}" for column in gone]
        twice = set(listed.of_record) & set(listed.working)
        wrong += [f"{name}.{column}: is in two lists of {PLACE}" for column in twice]
        assert listed.key == tuple(column.name for column in table.primary_key), name
    wrong += [
        f"table {name}: is no table any more" for name in TABLES.keys() - SQLModel.metadata.tables.keys()
    ]
    assert wrong == []


def test_the_document_shows_the_lists_as_they_are() -> None:
    shown = (ROOT / "docs" / "proof.md").read_text(encoding="utf-8").partition(START)[2].partition(END)[0]
    assert shown.strip() == as_markdown(), "run: python -m webdoc_app.domain.of_record"


async def test_a_change_of_any_column_of_record_is_named(world: World) -> None:
    await populate(world)
    assert await audit.verify() == []
    unseen = []
    with behind_its_back(world.url) as connection:
        for name, listed in TABLES.items():
            table = SQLModel.metadata.tables[name]
            for column in listed.of_record:
                row = _row(connection, table, column)
                with _flipped(connection, table, column, row) as changed:
                    faults = await audit.verify()
                if not any(
                    needle in fault for fault in faults for needle in _names(connection, name, changed, row)
                ):
                    unseen.append(f"{name}.{column}: {faults[:2]}")
    assert unseen == []
    assert await audit.verify() == []


async def test_a_row_of_record_taken_away_or_slipped_in_is_named(world: World) -> None:
    await populate(world)
    with behind_its_back(world.url) as connection:
        for name, listed in TABLES.items():
            if not listed.bound:
                continue
            table = SQLModel.metadata.tables[name]
            row = _row(connection, table, "")
            connection.execute(table.delete().where(*_place(table, row)))
            connection.commit()
            assert any(_key(name, row) in fault for fault in await audit.verify()), name
            _insert(connection, name, row)
            connection.commit()
            last = listed.key[-1]
            again = {**row, last: _other(table.columns[last], row[last]), **_unique(name, row)}
            _insert(connection, name, again)
            connection.commit()
            assert any(_key(name, again) in fault for fault in await audit.verify()), name
            connection.execute(table.delete().where(*_place(table, again)))
            connection.commit()
    assert await audit.verify() == []


async def test_what_was_altered_stays_named_when_the_product_changes_it_again(world: World) -> None:
    await populate(world)
    with behind_its_back(world.url) as connection:
        connection.execute(text("UPDATE share_links SET recipient_email = 'thief@example.org' WHERE is_main"))
        connection.execute(text("UPDATE files SET name = 'autre.png' WHERE message_id IS NULL"))
        connection.commit()
        file = connection.execute(text("SELECT id FROM files WHERE message_id IS NULL")).scalar_one()
    await links.rotate_link(world.company_id, world.quote_id, None, ACTOR)
    await files.show_file(world.company_id, file, ACTOR, visible=False)
    faults = await audit.verify()
    assert any(fault.startswith("lien") and "altéré avant" in fault for fault in faults)
    assert any(fault.startswith(f"fichier {file} : altéré avant") for fault in faults)


async def test_what_the_product_takes_away_is_no_fault(world: World) -> None:
    await populate(world)
    with behind_its_back(world.url) as connection:
        file = connection.execute(text("SELECT id FROM files WHERE message_id IS NULL")).scalar_one()
    await files.remove_file(world.company_id, file, ACTOR)
    assert await audit.verify() == []


@contextmanager
def behind_its_back(url: str) -> Iterator[Connection]:
    """As whoever writes to the database writes: no key of another table holds them up."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("SET session_replication_role = replica"))
                connection.commit()
            yield connection
    finally:
        engine.dispose()


_WHERE = {
    "documents": "options != '[]'",
    "document_lines": "is_optional",
    "payments": "amount_minor > 0",
    "openings": "counts",
    "document_versions": "version = 2",
    "stored_pdfs": "version = 2",
    "events": "seq = (SELECT max(seq) FROM events)",
    "decisions": "signature IS NOT NULL",
}
_CORRECTED = ("opening_class", "corrected_at")


def _row(connection: Connection, table: Table, column: str) -> dict[str, Any]:
    where = "corrected_at IS NOT NULL" if column in _CORRECTED else _WHERE.get(table.name, "1 = 1")
    found = connection.execute(select(*map(_raw, table.columns)).where(text(where)).limit(1)).mappings().one()
    connection.rollback()
    return dict(found)


def _raw(column: Column[Any]) -> Any:
    """Without the types of ours: what stands in the database."""
    from sqlalchemy import String, type_coerce

    plain = isinstance(column.type, (Integer, Boolean, LargeBinary))
    return column if plain else type_coerce(column, String()).label(column.name)


def _other(column: Column[Any], value: Any) -> Any:
    if isinstance(column.type, Boolean):
        return not value
    if isinstance(column.type, Integer):
        return (value or 0) + 1
    if isinstance(column.type, LargeBinary):
        return bytes(value or b"") + b"x"
    text_ = value or ""
    return text_[:-1] + ("0" if text_[-1:] != "0" else "1")


@contextmanager
def _flipped(
    connection: Connection, table: Table, column: str, row: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    changed = {**row, column: _other(table.columns[column], row[column])}
    _write(connection, table, row, changed, column)
    yield changed
    _write(connection, table, changed, row, column)


def _write(
    connection: Connection, table: Table, at: Mapping[str, Any], to: Mapping[str, Any], column: str
) -> None:
    where = " AND ".join(f"{key.name} = :key_{key.name}" for key in table.primary_key)
    values = {f"key_{key.name}": at[key.name] for key in table.primary_key} | {"new": to[column]}
    connection.execute(text(f'UPDATE {table.name} SET "{column}" = :new WHERE {where}'), values)
    connection.commit()


def _insert(connection: Connection, table: str, row: Mapping[str, Any]) -> None:
    names = ", ".join(row)
    values = ", ".join(f":{name}" for name in row)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values})"), dict(row))


def _place(table: Table, row: Mapping[str, Any]) -> list[Any]:
    return [key == row[key.name] for key in table.primary_key]


def _key(table: str, row: Mapping[str, Any]) -> str:
    return "/".join(str(row[name]) for name in TABLES[table].key)


def _unique(table: str, row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "documents": {"sequence": None, "import_sha256": None},
        "payment_attempts": {"return_id": f"{row.get('return_id')}x"},
    }.get(table, {})


def _names(
    connection: Connection, table: str, changed: Mapping[str, Any], row: Mapping[str, Any]
) -> set[str]:
    """What a fault may call the row: its key, before or after, or its document's number."""
    names = {
        str(each.get(name)) for each in (row, changed) for name in ("id", "document_id", "event_id", "name")
    }
    names |= {_key(table, row), _key(table, changed)}
    if table in ("events", "event_heads", "number_counters", "logos"):
        names |= {str(each.get("company_id")) for each in (row, changed)}
    document = row["id"] if table == "documents" else row.get("document_id")
    if document:
        query = text("SELECT number FROM documents WHERE id = :id")
        names |= {str(number) for number in connection.execute(query, {"id": document}).scalars() if number}
        connection.rollback()
    if table == "documents":
        names |= {str(row["number"]), str(changed["number"])}
    return names - {"None", ""}
