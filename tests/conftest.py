"""Databases: SQLite in a temporary folder, PostgreSQL where it is installed; and the least of a build."""

import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.postgres import cluster, programs
from webdoc_app.services import database
from webdoc_app.settings import settings


@pytest.fixture(autouse=True)
def _settings_of_its_own() -> Iterator[None]:
    """What one test sets in the environment is not what the next one reads."""
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    found = programs()
    if found is None:
        assert not os.environ.get("CI"), "PostgreSQL is missing where the whole suite must run"
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    with cluster(found) as url:
        yield url


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite to copy: migrating one for each test costs more than the test."""
    path = tmp_path_factory.mktemp("migrated") / "webdoc.sqlite3"
    database.migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_on_postgres(postgres: str) -> str:
    """The name of a PostgreSQL database to copy."""
    _create(postgres, "webdoc_migrated")
    database.migrate(f"{postgres}webdoc_migrated")
    return "webdoc_migrated"


BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with all tables, and nothing in them."""
    return migrated_database(request, request.param, tmp_path / "webdoc.sqlite3")


@pytest.fixture
def sqlite_url(tmp_path: Path, migrated: Path) -> str:
    """The same, on SQLite alone."""
    return f"sqlite:///{shutil.copy(migrated, tmp_path / 'webdoc.sqlite3')}"


@pytest.fixture(params=BOTH)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without a table."""
    return _empty_database(request, request.param, tmp_path / "webdoc.sqlite3")


@pytest.fixture
def other_database_url(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> str:
    """Another one of the same kind, without a table."""
    kind = "sqlite" if database_url.startswith("sqlite") else "postgresql"
    return _empty_database(request, kind, tmp_path / "other" / "webdoc.sqlite3")


def migrated_database(request: pytest.FixtureRequest, kind: str, file: Path) -> str:
    if kind == "sqlite":
        return f"sqlite:///{shutil.copy(request.getfixturevalue('migrated'), file)}"
    server = request.getfixturevalue("postgres")
    return server + _create(server, _name(), request.getfixturevalue("migrated_on_postgres"))


def _empty_database(request: pytest.FixtureRequest, kind: str, file: Path) -> str:
    if kind == "sqlite":
        return f"sqlite:///{file}"
    server = request.getfixturevalue("postgres")
    return server + _create(server, _name())


def _name() -> str:
    return f"webdoc_{secrets.token_hex(6)}"


def _create(server: str, name: str, template: str = "template1") -> str:
    engine = create_engine(f"{server}postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    engine.dispose()
    return name


BUILT = "<!DOCTYPE html><html><head></head><body><script>x</script></body></html>"


@pytest.fixture
def built_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The least a build has: a shell for documents to stand in."""
    from webdoc_app.http import built, shell

    page = tmp_path / "pages" / shell.SHELL
    page.parent.mkdir(parents=True)
    page.write_text(BUILT)
    monkeypatch.setenv("REFLEX_WEB_WORKDIR", str(tmp_path / "pages"))
    cached = (shell._shell, shell._shell_parts, shell.scripts_of, built.policies)
    for function in cached:
        function.cache_clear()
    yield
    for function in cached:
        function.cache_clear()
