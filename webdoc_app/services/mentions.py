"""Colleagues named in an internal note: `@Paul` tells Paul, and nobody else."""

import re
from collections.abc import Iterable

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.models import User


async def colleagues_of(session: AsyncSession, company_id: str) -> list[User]:
    """Everyone of the company, by name."""
    query = select(User).where(User.company_id == company_id).order_by(col(User.name), col(User.id))
    return list((await session.exec(query)).all())


def mentioned(body: str, people: Iterable[User]) -> list[User]:
    """Who is named after an `@`: by full name, first name, or what stands before the @ of their address."""
    text = body.casefold()
    return [user for user in people if any(_is_named(text, name) for name in handles_of(user))]


def handles_of(user: User) -> list[str]:
    """What may stand after the `@` for this user, the shortest usual form first."""
    names = [*user.name.split()[:1], user.name, user.email.partition("@")[0]]
    return list(dict.fromkeys(name for name in names if name))


def _is_named(text: str, name: str) -> bool:
    return re.search(rf"(?<!\w)@{re.escape(name.casefold())}(?!\w)", text) is not None


def handles_to_mention(people: Iterable[User], reader_id: str) -> str:
    """`@Paul, @Anna`: the others of a company, as the reader may write them; empty for someone alone."""
    return ", ".join(f"@{handles_of(user)[0]}" for user in people if user.id != reader_id)
