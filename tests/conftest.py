"""Databases: SQLite in a temporary folder, and PostgreSQL where it is installed."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.postgres import cluster, programs


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    found = programs()
    if found is None:
        assert not os.environ.get("CI"), "PostgreSQL is missing where the whole suite must run"
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    with cluster(found) as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return _new_database(request, tmp_path / "webdoc.sqlite3")


@pytest.fixture
def other_database_url(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> str:
    """Another one of the same kind, empty."""
    return _new_database(request, tmp_path / "other" / "webdoc.sqlite3")


def _new_database(request: pytest.FixtureRequest, file: Path) -> str:
    if "sqlite" in request.node.callspec.params["database_url"]:
        return f"sqlite:///{file}"
    server = request.getfixturevalue("postgres")
    name = f"webdoc_{secrets.token_hex(6)}"
    engine = create_engine(server + "postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return str(server + name)
