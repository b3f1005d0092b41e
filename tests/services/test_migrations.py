"""The migrations lead to the tables the models say, on either database, and running them again changes nothing."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlmodel import SQLModel

import webdoc_app.models  # noqa: F401 - makes the tables known
from webdoc_app.services import database


def test_migrations_and_models_agree(database_url: str) -> None:
    assert not database.is_current(database_url)
    database.migrate(database_url)
    database.migrate(database_url)
    assert database.is_current(database_url)
    engine = create_engine(database_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"include_name": lambda name, type_, _: (type_, name) != ("table", "migration_lock")},
        )
        differences = compare_metadata(context, SQLModel.metadata)
    engine.dispose()
    assert differences == []
