"""The database engine and its migrations, for SQLite and PostgreSQL."""

import re
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event, inspect, text
from sqlalchemy.engine import Engine
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

ROOT = Path(__file__).resolve().parents[2]
WRITES = "webdoc_writes"
"""Execution option of a connection that will write: its transaction takes SQLite's write lock at once."""


def async_engine(url: str, *, pool_size: int = 10) -> AsyncEngine:
    """An engine for `sqlite:///…` (through aiosqlite) or `postgresql+psycopg://…`."""
    if url.startswith("sqlite:"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
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
    """Brings the database to the newest schema. Safe to run by several processes at once."""
    from alembic.config import Config

    from alembic import command

    if url.startswith("sqlite:"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    config = Config(str(ROOT / "alembic.ini"))
    config.set_main_option("script_location", str(ROOT / "alembic"))
    config.attributes["url"] = url
    command.upgrade(config, "head")


def newest_revision() -> str:
    """The head of the migration scripts, read without importing Alembic."""
    found: dict[str, str | None] = {}
    for script in (ROOT / "alembic" / "versions").glob("*.py"):
        source = script.read_text(encoding="utf-8")
        revision = re.search(r'^revision(?::[^=]+)? = "(\w+)"', source, re.M)
        parent = re.search(r'^down_revision(?::[^=]+)? = "(\w+)"', source, re.M)
        if revision:
            found[revision[1]] = parent[1] if parent else None
    return next(iter(set(found) - set(found.values())))


def is_current(url: str) -> bool:
    """Whether the database exists with the newest schema; creates nothing."""
    if url.startswith("sqlite:") and not Path(url.removeprefix("sqlite:///")).exists():
        return False
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return False
            row = connection.execute(text("SELECT version_num FROM alembic_version")).first()
            return row is not None and row[0] == newest_revision()
    finally:
        engine.dispose()
