"""Sessions of people: opened at sign-in, seen, listed, and ended one by one or all at once."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.core.errands import run_later
from webdoc_app.domain.networks import network_of
from webdoc_app.models import LoginSession, LoginStep
from webdoc_app.services.work import Work, now, reading, work

SESSION_LIFE = timedelta(days=30)
SEEN_EVERY = timedelta(minutes=5)
KNOWN_FOR = timedelta(days=90)
"""How long a network someone signed in from is known as theirs."""
ENDED = "session.ended"
"""What is told on the bus, on the topic `session:ID`."""


@dataclass(frozen=True)
class SessionRow:
    """A session as its user sees it. `handle` names it to us and opens nothing; times are UTC."""

    handle: str
    user_agent: str
    address: str
    since: datetime
    seen: datetime
    is_this: bool


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def open_session(w: Work, user_id: str, *, address: str, user_agent: str) -> str:
    """The secret of a new session, for the cookie. Whoever signs in has just proved who they are."""
    secret = secrets.token_urlsafe(32)
    w.session.add(
        LoginSession(
            id=digest_of(secret),
            user_id=user_id,
            created_at=w.at,
            expires_at=w.at + SESSION_LIFE,
            user_agent=user_agent[:300],
            address=address[:64],
            last_seen_at=w.at,
            proved_at=w.at,
        )
    )
    return secret


async def is_known_from(session: AsyncSession, user_id: str, address: str) -> bool:
    """Whether the user signed in from this network lately."""
    query = (
        select(LoginSession.address)
        .where(LoginSession.user_id == user_id, col(LoginSession.created_at) > now() - KNOWN_FOR)
        .distinct()
        .limit(500)
    )
    networks = {network_of(each) for each in (await session.exec(query)).all() if each}
    return network_of(address) in networks


async def sessions_of(user_id: str, this: str) -> list[SessionRow]:
    """Those in force, the one with the id `this` first, then the last seen."""
    async with reading() as session:
        query = select(LoginSession).where(
            LoginSession.user_id == user_id,
            col(LoginSession.revoked_at).is_(None),
            col(LoginSession.expires_at) > now(),
        )
        rows = (await session.exec(query)).all()
    found = [
        SessionRow(
            handle=handle_of(row.id),
            user_agent=row.user_agent,
            address=coarse(row.address),
            since=row.created_at,
            seen=row.last_seen_at or row.created_at,
            is_this=row.id == this,
        )
        for row in rows
    ]
    return sorted(found, key=lambda row: (row.is_this, row.seen), reverse=True)


def handle_of(session_id: str) -> str:
    return session_id[:16]


def coarse(address: str) -> str:
    """Enough to know one's own by: `192.0.2.*`, `2001:db8:7::/48`."""
    if address.count(".") == 3 and ":" not in address:
        return address.rpartition(".")[0] + ".*"
    if ":" in address:
        groups = network_of(address).removesuffix("/64").split(":")[:3]
        return ":".join(groups).rstrip(":") + "::/48"
    return address


async def end_session(user_id: str, handle: str) -> None:
    """Ends the session with this handle, where it is the user's. Doing it twice changes nothing more."""
    if len(handle) == 16 and handle.isalnum():
        async with work() as w:
            await revoke(w, LoginSession.user_id == user_id, col(LoginSession.id).startswith(handle))


async def end_others(user_id: str, this: str) -> None:
    """Ends every session of the user but the one with the id `this`."""
    async with work() as w:
        await revoke_all(w, user_id, but=this)


async def revoke_all(w: Work, user_id: str, *, but: str = "") -> None:
    """Every session but one, and whatever sign-in is half-way."""
    await revoke(w, LoginSession.user_id == user_id, col(LoginSession.id) != but)
    await w.session.execute(
        update(LoginStep)
        .where(col(LoginStep.user_id) == user_id, col(LoginStep.spent_at).is_(None))
        .values(spent_at=w.at)
    )


async def revoke(w: Work, *which: object) -> None:
    """Ends those in force, and tells of each once it is done."""
    ended = await w.session.execute(
        update(LoginSession)
        .where(*which, col(LoginSession.revoked_at).is_(None))  # type: ignore[arg-type]
        .values(revoked_at=w.at)
        .returning(col(LoginSession.id))
    )
    for session_id in ended.scalars().all():
        w.publish_to(f"session:{session_id}", ENDED, "")


def note_seen(session_id: str, last: datetime | None) -> None:
    """Keeps that the session was used, now and then, without making anyone wait."""
    if last is None or now() - last > SEEN_EVERY:
        run_later(_note_seen(session_id))


async def _note_seen(session_id: str) -> None:
    async with work() as w:
        await w.session.execute(
            update(LoginSession)
            .where(col(LoginSession.id) == session_id, col(LoginSession.revoked_at).is_(None))
            .where(
                (col(LoginSession.last_seen_at).is_(None))
                | (col(LoginSession.last_seen_at) < w.at - SEEN_EVERY)
            )
            .values(last_seen_at=w.at)
        )
