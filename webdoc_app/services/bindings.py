"""Rows of record bound to the event of the transaction that wrote them.

Whatever a unit of work adds, changes or deletes of them is noticed when it is flushed, whoever wrote it: rows of the
session, and rows of `insert_once`. (A bulk UPDATE or DELETE of such a row would go unnoticed, and is what `verify` then
names: change them through the session.) The event holds each row's hash before and after, so that a change made behind
the product's back stays named even once the product has changed the row again.

Hashes of rows are keyed: a short word, or a name, cannot be found by trying (GDPR), not even once it was erased here.
"""

import hmac
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import RowMapping, event, inspect, text
from sqlalchemy.orm import Session
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.content import canonical_json
from webdoc_app.domain.of_record import BOUND

Key = tuple[Any, ...]
Row = Mapping[str, Any] | RowMapping
INFO = "bindings"


def columns_sql(table: str) -> str:
    """The bound columns of a table and its key, for a raw SELECT."""
    return ", ".join(dict.fromkeys([*BOUND[table].key, *BOUND[table].bound]))


def is_of_record(table: str, row: Row) -> bool:
    """Drafts are nobody's record yet, and an attempt that brought no money is only a try."""
    if table == "documents":
        return bool(row["state"] != "draft")
    return bool(table != "payment_attempts" or row["captured_id"])


def row_hash(table: str, row: Row, salt: bytes) -> str:
    """HMAC-SHA256, 128 bits in hex, over the table's name and its bound columns as they stand in the database.

    Empty values (NULL, an empty text, 0, false) are left out: a column that is added later changes no older hash, and
    databases differ in how they write false.
    """
    values = {name: _plain(row[name]) for name in BOUND[table].bound if row[name]}
    words = canonical_json([table, values]).encode("utf-8", "surrogatepass")
    return hmac.digest(salt, b"webdoc history row\n" + words, "sha256").hex()[:32]


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    return value.hex() if isinstance(value, bytes) else value


def key_text(key: Key) -> str:
    return "/".join(str(part) for part in key)


class Bindings:
    """What one unit of work wrote of record: each row as it was before, None for one that is new."""

    def __init__(self) -> None:
        self._before: dict[tuple[str, Key], Row | None] = {}

    @property
    def any(self) -> bool:
        return bool(self._before)

    def note_new(self, table: str, values: Mapping[str, Any]) -> None:
        if table in BOUND:
            self._before.setdefault((table, tuple(values[name] for name in BOUND[table].key)), None)

    def look(self, session: Session) -> None:
        """Before a flush: notices what it will write, and keeps what it will overwrite."""
        for new in session.new:
            self.note_new(_table(new), vars(new))
        changed = [each for each in session.dirty if _has_changed(each)]
        touched = [*changed, *(each for each in session.deleted if _table(each) in BOUND)]
        # One order for all: transactions that lock the same rows wait for one another, and never in a ring.
        for place in sorted((_table(each), tuple(inspect(each).identity)) for each in touched):
            if place not in self._before:
                self._before[place] = session.execute(*_raw(session, *place, lock=True)).mappings().first()

    async def changes(self, session: AsyncSession, salt: bytes) -> dict[str, dict[str, dict[str, list[str]]]]:
        """By company and table: each row's key, with its hash before and after; empty for one that was, or is, not."""
        found: dict[str, dict[str, dict[str, list[str]]]] = {}
        for (table, key), before in sorted(self._before.items(), key=lambda item: item[0]):
            query = _raw(session.sync_session, table, key)
            after = (await session.execute(*query)).mappings().first()
            pair = [
                row_hash(table, row, salt) if row and is_of_record(table, row) else ""
                for row in (before, after)
            ]
            if pair[0] != pair[1]:
                company_id = str((after or before or {})["company_id"])
                found.setdefault(company_id, {}).setdefault(table, {})[key_text(key)] = pair
        return found


def _table(row: Any) -> str:
    return str(getattr(row, "__tablename__", ""))


def _has_changed(row: Any) -> bool:
    columns = BOUND.get(_table(row))
    return columns is not None and any(
        inspect(row).attrs[name].history.has_changes() for name in columns.bound
    )


def _raw(session: Session, table: str, key: Key, *, lock: bool = False) -> tuple[Any, dict[str, Any]]:
    names = BOUND[table].key
    where = " AND ".join(f"{name} = :{name}" for name in names)
    locked = " FOR UPDATE" if lock and session.get_bind().dialect.name == "postgresql" else ""
    query = text(f"SELECT {columns_sql(table)} FROM {table} WHERE {where}{locked}")
    return query, dict(zip(names, key, strict=True))


@event.listens_for(Session, "before_flush")
def _look(session: Session, _context: Any, _instances: Any) -> None:
    if bindings := session.info.get(INFO):
        bindings.look(session)


def bindings_of(session: AsyncSession) -> Bindings | None:
    """Those of a writing transaction; a reading one has none."""
    found: Bindings | None = session.sync_session.info.get(INFO)
    return found


def bound_changes(bound: Any) -> Iterator[tuple[str, str, str, str]]:
    """(table, key, before, after) of an event's `bound`. Raises ValueError, TypeError, AttributeError where altered."""
    for table, rows in bound["rows"].items():
        for key, (before, after) in rows.items():
            yield table, key, before, after
