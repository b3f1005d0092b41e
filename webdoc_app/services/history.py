"""The history of a company: events chained by their hashes, each hash signed, and the end signed as the end.

A history from before there were signatures is sealed once: an event with a hash over every row of record there was is
the first one signed. From there on each event binds the rows of record its transaction wrote.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import insert, text, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.content import canonical_json, event_hash
from webdoc_app.domain.of_record import BOUND
from webdoc_app.models import TimelineEvent, TimelineHead
from webdoc_app.models.columns import new_id, time_text
from webdoc_app.services.bindings import bindings_of, columns_sql, is_of_record, key_text, row_hash
from webdoc_app.services.history_keys import Keyring, keyring
from webdoc_app.services.once import insert_once
from webdoc_app.services.runtime import SYSTEM, now

SEALED, BOUND_EVENT, RESTORED = "history.sealed", "history.bound", "history.restored"
EVENT, HEAD = "event", "head"
"""Purposes of signatures: that of an event never passes for that of the end."""

Changes = Mapping[str, Mapping[str, list[str]]]


def head_words(company_id: str, seq: int, hash_: str) -> str:
    """What is signed of the end of a history."""
    return canonical_json([company_id, seq, hash_])


async def changes_in(session: AsyncSession) -> Mapping[str, Changes]:
    """What this transaction wrote of record, by company; all of it is flushed."""
    bindings = bindings_of(session)
    if not bindings or not bindings.any:
        return {}
    keys = await keyring(session)
    return await bindings.changes(session, keys.signing[keys.salt])


async def append(
    session: AsyncSession, company_id: str, rows: list[dict[str, Any]], changes: Changes
) -> list[dict[str, Any]]:
    """Chains and signs the events of one transaction; what it wrote of record is bound by the last of them.

    Returns them as written, each with its place.
    """
    keys = await keyring(session)
    seq, previous, sealed_seq = await _lock_head(session, company_id)
    written = [row | {"bound": ""} for row in rows]
    if sealed_seq == 0:
        # The seal counts what this transaction wrote among the rows there were.
        written.insert(0, await _seal(session, company_id, keys))
        sealed_seq = seq + 1
    elif changes:
        written[-1]["bound"] = canonical_json({"key": keys.salt, "rows": changes})
    for row in written:
        seq += 1
        row |= {"seq": seq, "previous_hash": previous}
        row["hash"] = previous = event_hash(row)
        row["mac"] = keys.sign(EVENT, previous)
    await session.execute(insert(TimelineEvent), written)
    end = {"seq": seq, "hash": previous, "mac": keys.sign(HEAD, head_words(company_id, seq, previous))}
    await session.execute(
        update(TimelineHead)
        .where(col(TimelineHead.company_id) == company_id)
        .values(sealed_seq=sealed_seq, **end)
    )
    return written


async def _lock_head(session: AsyncSession, company_id: str) -> tuple[int, str, int]:
    """The company's last event. Its row is the queue: one writer at a time appends to a chain."""
    query = select(TimelineHead.seq, TimelineHead.hash, TimelineHead.sealed_seq).where(
        TimelineHead.company_id == company_id
    )
    row = (await session.exec(query.with_for_update())).first()
    if row is None:
        # Signed from its first event on; its anchor is mailed from the next month on.
        first = {"company_id": company_id, "seq": 0, "hash": "", "mac": "", "sealed_seq": 1}
        await insert_once(session, TimelineHead, {**first, "mailed_month": time_text(now())[:7]})
        row = (await session.exec(query.with_for_update())).one()
    return row


async def _seal(session: AsyncSession, company_id: str, keys: Keyring) -> dict[str, Any]:
    """The event that binds every row of record a company has."""
    tables = {}
    for table in BOUND:
        query = text(f"SELECT {columns_sql(table)} FROM {table} WHERE company_id = :id")
        found = (await session.execute(query, {"id": company_id})).mappings()
        salt, names = keys.signing[keys.salt], BOUND[table].key
        tables[table] = digest_of(
            (key_text(tuple(row[name] for name in names)), row_hash(table, row, salt))
            for row in found
            if is_of_record(table, row)
        )
    return {
        "company_id": company_id,
        "id": new_id(),
        "document_id": None,
        "type": SEALED,
        "at": time_text(now()),
        "actor_kind": SYSTEM.kind,
        "actor_id": SYSTEM.id,
        "actor_name": SYSTEM.name,
        "data": canonical_json({"key": keys.salt, "tables": tables}),
        "bound": "",
    }


def digest_of(rows: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """How many rows, and one hash over (key, hash of the row), in the order of their keys."""
    pairs = sorted(rows)
    words = "\n".join(f"{key} {hash_}" for key, hash_ in pairs)
    return {"rows": len(pairs), "sha256": hashlib.sha256(words.encode()).hexdigest()}
