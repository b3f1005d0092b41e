"""Runs the migrations on the URL the product was given; a transaction of its own, one process at a time."""

from sqlalchemy import Engine, create_engine
from sqlmodel import SQLModel

import webdoc_app.models  # noqa: F401 - makes the tables known
from alembic import context

LOCK = 7_202_611


def run() -> None:
    url = context.config.attributes.get("url")
    if url is None:
        from webdoc_app.settings import settings

        url = settings().database
    engine = create_engine(url)
    try:
        migrate(engine)
    finally:
        engine.dispose()


def migrate(engine: Engine) -> None:
    with engine.connect() as connection:
        is_sqlite = engine.dialect.name == "sqlite"
        if is_sqlite:
            connection.exec_driver_sql("PRAGMA busy_timeout=30000")
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            connection.commit()
        context.configure(
            connection=connection,
            target_metadata=SQLModel.metadata,
            render_as_batch=is_sqlite,
            compare_type=True,
            # The lock is ours, not the product's: comparing models with the database must not see it.
            include_name=lambda name, type_, _parents: not (type_ == "table" and name == "migration_lock"),
        )
        with context.begin_transaction():
            if is_sqlite:
                connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS migration_lock (id INTEGER)")
                connection.exec_driver_sql("DELETE FROM migration_lock")  # takes the write lock
            else:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
            context.run_migrations()
        connection.commit()


run()
