"""Which sessions are over: whoever holds something for one asks, wherever and however it was ended."""

from collections.abc import Iterable

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.models import LoginSession
from webdoc_app.services.work import now


async def ended_among(session: AsyncSession, ids: Iterable[str]) -> set[str]:
    """Of these ids of sessions, those that open nothing any more: ended, expired, or never there."""
    asked = set(ids)
    if not asked:
        return set()
    query = select(LoginSession.id).where(
        col(LoginSession.id).in_(asked),
        col(LoginSession.revoked_at).is_(None),
        col(LoginSession.expires_at) > now(),
    )
    return asked - set((await session.exec(query)).all())
