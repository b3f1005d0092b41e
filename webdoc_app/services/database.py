"""The database engine and its migrations, for SQLite and PostgreSQL."""

import re
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event, inspect, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

ROOT = Path(__file__).resolve().parents[2]
WRITES = "webdoc_writes"
"""Execution option of a connection that will write: its transaction takes SQLite's write lock at once."""


class NewerDatabase(Exception):
    """The database was written by a newer version of the product than this one."""

    def __init__(self) -> None:
        super().__init__("it comes from a newer version of Webdoc: install that one, or restore a backup")


def why_unusable(error: BaseException) -> str | None:
    """Why the database cannot be used, in one line, where the error says that; None for any other error."""
    if isinstance(error, NewerDatabase):
        return str(error)
    # Of the others of this family, constraints for instance, the program is to blame.
    if isinstance(error, OperationalError) or type(error) is DatabaseError:
        return str(error.orig).splitlines()[0]
    return None


def async_engine(url: str, *, pool_size: int = 10) -> AsyncEngine:
    """An engine for `sqlite:///…` (through aiosqlite) or `postgresql+psycopg://…`."""
    if url.startswith("sqlite:"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(0o700, parents=True, exist_ok=True)
        url = url.replace("sqlite:", "sqlite+aiosqlite:", 1)
    engine = create_async_engine(
        url, pool_size=pool_size, max_overflow=20, pool_pre_ping=not url.startswith("sqlite")
    )
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine.sync_engine)
    return engine


def _prepare_sqlite(engine: Engine) -> None:
    """WAL and explicit BEGINs: a deferred transaction that reads and then writes fails under contention."""

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("busy_timeout=15000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def migrate(url: str) -> None:
    """Brings the database to the newest schema, where it is not. Safe to run by several processes at once.

    Raises NewerDatabase, and what the driver raises where the database does not answer (`why_unusable`).
    """
    stored = stored_revision(url)
    if stored == newest_revision():
        return
    if stored is not None and stored not in _revisions():
        raise NewerDatabase
    from alembic.config import Config

    from alembic import command

    if url.startswith("sqlite:"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(0o700, parents=True, exist_ok=True)
    config = Config(str(ROOT / "alembic.ini"))
    config.set_main_option("script_location", str(ROOT / "alembic"))
    config.attributes["url"] = url
    command.upgrade(config, "head")


def newest_revision() -> str:
    """The head of the migration scripts."""
    known = _revisions()
    return next(iter(set(known) - set(known.values())))


def _revisions() -> dict[str, str | None]:
    """Each migration script and the one it follows, read without importing Alembic."""
    found: dict[str, str | None] = {}
    for script in (ROOT / "alembic" / "versions").glob("*.py"):
        source = script.read_text(encoding="utf-8")
        revision = re.search(r'^revision(?::[^=]+)? = "(\w+)"', source, re.M)
        parent = re.search(r'^down_revision(?::[^=]+)? = "(\w+)"', source, re.M)
        if revision:
            found[revision[1]] = parent[1] if parent else None
    return found


def stored_revision(url: str) -> str | None:
    """The migration a database is at; None where it has none yet. Creates nothing."""
    if url.startswith("sqlite:") and not Path(url.removeprefix("sqlite:///")).exists():
        return None
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    finally:
        engine.dispose()


def has_company(url: str) -> bool:
    """Whether anyone uses this migrated database."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return connection.execute(text("SELECT 1 FROM companies LIMIT 1")).first() is not None
    finally:
        engine.dispose()
