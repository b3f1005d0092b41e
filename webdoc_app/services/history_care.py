"""What the history needs from time to time: its keys, its seal after an upgrade, a word of a backup put back, its anchors."""

import asyncio
from datetime import timedelta

from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.errors import NotFound
from webdoc_app.models import Company, HistoryKey, TimelineHead, User
from webdoc_app.models.columns import time_text
from webdoc_app.services.anchors import PAUSE, Anchor, keep_anchors, make_anchor, read_log
from webdoc_app.services.history import BOUND_EVENT, RESTORED
from webdoc_app.services.history_keys import (
    SEALING,
    add_signing_key,
    keep,
    keyring,
    lock,
    read_keyring,
    stored,
    unlock,
)
from webdoc_app.services.mails import queue_anchor_mail
from webdoc_app.services.seals import public_keys
from webdoc_app.services.work import SYSTEM, Work, now, reading, runtime, work


async def ensure_keys() -> None:
    """Keeps the public keys of all the secrets in use, and locks up anew what an older secret locked up.

    Writes only where something is missing: every command begins with it.
    """
    async with reading() as session:
        if await _is_kept(session):
            return
    async with work() as w:
        await keyring(w.session)
        for public in public_keys(runtime().keys):
            await keep(w.session, SEALING + public, public)
        await _lock_up_anew(w.session)


async def _is_kept(session: AsyncSession) -> bool:
    rows = {row.name: row.wrapped for row in (await session.exec(select(HistoryKey))).all()}
    wanted = {SEALING + public for public in public_keys(runtime().keys)}
    newest, readable = runtime().keys[-1:], read_keyring(list(rows.items()), runtime().keys)
    stale = [
        name
        for name, wrapped in rows.items()
        if name not in readable.unreadable and unlock(name, wrapped, newest) is None
    ]
    return bool(readable.signing) and wanted <= rows.keys() and not stale


async def _lock_up_anew(session: AsyncSession) -> None:
    for row in (await session.exec(select(HistoryKey).order_by(col(HistoryKey.name)))).all():
        value = unlock(row.name, row.wrapped, runtime().keys)
        if value is not None and unlock(row.name, row.wrapped, runtime().keys[-1:]) is None:
            row.wrapped = lock(row.name, value, runtime().keys[-1])
            session.add(row)


async def rotate_history_key() -> None:
    """What is written from now on is signed with a new key; the ones before are kept to check with."""
    await ensure_keys()
    async with work() as w:
        await add_signing_key(w.session, await stored(w.session))
    runtime().keyring = None


async def seal_histories() -> None:
    """Seals what was written before events were signed: at the first start after an upgrade, a company at a time."""
    async with reading() as session:
        query = select(TimelineHead.company_id).where(TimelineHead.sealed_seq == 0)
        unsealed = (await session.exec(query)).all()
    for company_id in unsealed:
        async with work() as w:
            # Whatever is written to an unsealed history is preceded by its seal.
            w.record(BOUND_EVENT, None, SYSTEM, {}, company_id=company_id)


async def begin() -> None:
    """What every start does once the database is at its newest schema; reads a few rows where nothing is due."""
    await ensure_keys()
    await seal_histories()


async def anchor_of(company_id: str) -> Anchor:
    """The end of a company's history, signed now; place 0 where nothing happened yet."""
    async with reading() as session:
        head = await session.get(TimelineHead, company_id)
    seq, hash_ = (head.seq, head.hash) if head else (0, "")
    return make_anchor(runtime().keys[-1], company_id, seq, hash_, now())


async def companies() -> list[str]:
    """Those that have a history."""
    async with reading() as session:
        query = select(TimelineHead.company_id).where(TimelineHead.seq > 0)
        return list((await session.exec(query.order_by(TimelineHead.company_id))).all())


async def keep_heads(pause: timedelta = PAUSE) -> list[Anchor]:
    """Adds the end of every history to the data folder's log, where it moved on; returns what was added.

    Each machine keeps a log of its own. Raises OSError.
    """
    folder = runtime().data_dir
    if folder is None:
        return []
    async with reading() as session:
        query = select(TimelineHead.company_id, TimelineHead.seq, TimelineHead.hash)
        heads = list((await session.exec(query)).all())
    return await asyncio.to_thread(keep_anchors, folder, runtime().keys[-1], heads, now(), pause=pause)


async def mail_anchor(company_id: str) -> None:
    """Mails the signed end of the history to the company's owner, now. Raises NotFound."""
    async with work() as w:
        if not await _mail(w, company_id):
            raise NotFound("Cette entreprise n’existe pas, ou n’a pas encore d’historique.")


async def mail_due_anchors() -> int:
    """Once a month each owner is mailed the signed end of their history. Returns how many were; of workers one does."""
    month = time_text(now())[:7]
    async with reading() as session:
        query = select(TimelineHead.company_id).where(TimelineHead.mailed_month < month, TimelineHead.seq > 0)
        due = (await session.exec(query)).all()
    return sum([await _mail_for(company_id, month) for company_id in due])


async def _mail_for(company_id: str, month: str) -> bool:
    async with work() as w:
        claimed = await w.session.execute(
            update(TimelineHead)
            .where(col(TimelineHead.company_id) == company_id, col(TimelineHead.mailed_month) < month)
            .values(mailed_month=month)
        )
        if not claimed.rowcount:  # type: ignore[attr-defined]
            return False
        return await _mail(w, company_id)


async def _mail(w: Work, company_id: str) -> bool:
    """To the first of the company's people. Whether there is somebody, and something to tell."""
    company = await w.session.get(Company, company_id)
    query = select(User).where(User.company_id == company_id)
    owner = (await w.session.exec(query.order_by(col(User.created_at), col(User.id)).limit(1))).first()
    head = await w.session.get(TimelineHead, company_id)
    if company is None or owner is None or head is None or not head.seq:
        return False
    anchor = make_anchor(runtime().keys[-1], company_id, head.seq, head.hash, w.at)
    queue_anchor_mail(w, owner, company, anchor.line, anchor.seq)
    return True


async def note_restored(*, in_place: bool) -> None:
    """Says in every history that a backup was put back, and anchors it; what anchors told of the state before is kept.

    `in_place` where the data folder knew a state before.
    """
    known: dict[str, Anchor] = {}
    for anchor in read_log(runtime().data_dir):
        if isinstance(anchor, Anchor):
            known[anchor.company_id] = anchor
    async with reading() as session:
        heads = (await session.exec(select(TimelineHead))).all()
    for head in heads:
        before = known.get(head.company_id)
        told = {"seq": before.seq, "hash": before.hash, "at": before.at} if before else None
        data = {"in_place": in_place, "restored": {"seq": head.seq, "hash": head.hash}, "known": told}
        async with work() as w:
            w.record(RESTORED, None, SYSTEM, data, company_id=head.company_id)
    await keep_heads(timedelta(0))
