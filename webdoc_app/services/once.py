"""The compare-and-set of things made once."""

from typing import Any

from sqlalchemy import literal
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.services.bindings import bindings_of


async def insert_once(session: AsyncSession, table: Any, values: dict[str, Any]) -> bool:
    """INSERT … ON CONFLICT DO NOTHING; whether the row was new. The compare-and-set of things made once."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    # Asked for a row rather than for a count: PostgreSQL's driver may not know how many there were.
    statement = dialect.insert(table).values(**values).on_conflict_do_nothing().returning(literal(1))
    is_new = (await session.execute(statement)).first() is not None
    if is_new and (bindings := bindings_of(session)):
        bindings.note_new(table.__tablename__, values)
    return is_new
