"""Backups: a consistent copy of the database, and the secret its links are signed with, in one file.

SQLite is copied by itself, PostgreSQL by its own `pg_dump` and `pg_restore`.
"""

import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError

from webdoc_app.domain.errors import Conflict, NotFound, Refusal
from webdoc_app.services.anchors import LOG, add_lines, keep_anchors

SQLITE_COPY, POSTGRES_DUMP = "webdoc.sqlite3", "webdoc.pgdump"
SECRET = "secret.key"
KEPT_FILES = (SECRET, "demo.json", LOG)
"""What is kept of the data folder, beside the database."""


def backup(database_url: str, data_dir: Path, target: Path) -> None:
    """Writes a tar file (mode 600) while the product may be running; a former file of that name is replaced.

    Raises NotFound where there is no database, Refusal where PostgreSQL's programs are missing or fail, OSError.
    """
    # Beside the target: there must be room there anyway, and the last step is one rename.
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".webdoc-backup-") as name:
        folder = Path(name)
        copied = _copy_database(database_url, folder)
        with tarfile.open(folder / "archive", "w:gz") as archive:
            archive.add(copied, copied.name)
            for kept in KEPT_FILES:
                if (data_dir / kept).exists():
                    archive.add(data_dir / kept, kept)
        (folder / "archive").chmod(0o600)
        (folder / "archive").rename(target)


def restore(database_url: str, data_dir: Path, source: Path) -> None:
    """Fills an empty or missing database and its data folder; overwrites nothing.

    Raises NotFound where there is no such file; Conflict where something would be overwritten, and where the
    file is no backup or one of the other kind of database; Refusal as `backup`.
    """
    if not source.is_file():
        raise NotFound(f"Le fichier {source} n’existe pas.")
    data_dir.mkdir(0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=data_dir, prefix=".webdoc-restore-") as name:
        folder = Path(name)
        _unpack(source, folder)
        database = folder / (SQLITE_COPY if _is_sqlite(database_url) else POSTGRES_DUMP)
        if not database.exists():
            kind = "SQLite" if _is_sqlite(database_url) else "PostgreSQL"
            raise Conflict(f"Le fichier {source} ne contient pas de base {kind}.")
        _check_secret(folder / SECRET, data_dir / SECRET)
        _restore_database(database, database_url)
        for kept in KEPT_FILES:
            if kept == LOG and (folder / kept).exists():
                # The anchors that are here tell of what came after the backup.
                add_lines(data_dir, (folder / kept).read_text(encoding="utf-8", errors="replace"))
            elif (folder / kept).exists():
                (folder / kept).chmod(0o600)
                (folder / kept).rename(data_dir / kept)


def anchor_heads(database_url: str, data_dir: Path, secret: str) -> None:
    """Anchors the end of every history before it is copied, in a database of any schema. Raises OSError."""
    engine = create_engine(database_url) if _is_there(database_url) else None
    if engine is None:
        return
    try:
        with engine.connect() as connection:
            if not inspect(connection).has_table("event_heads"):
                return
            rows = connection.execute(text("SELECT company_id, seq, hash FROM event_heads")).all()
    except DatabaseError:
        return  # what copies the database says what is wrong with it
    finally:
        engine.dispose()
    keep_anchors(data_dir, secret, [(row[0], row[1], row[2]) for row in rows], datetime.now(UTC))


def _is_there(database_url: str) -> bool:
    return not _is_sqlite(database_url) or Path(database_url.removeprefix("sqlite:///")).exists()


def _unpack(source: Path, folder: Path) -> None:
    try:
        with tarfile.open(source, "r:gz") as archive:
            for name in (SQLITE_COPY, POSTGRES_DUMP, *KEPT_FILES):
                if name in archive.getnames() and (member := archive.extractfile(name)):
                    with (folder / name).open("wb") as file:
                        shutil.copyfileobj(member, file)
    except (tarfile.TarError, EOFError, OSError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise Conflict(f"Le fichier {source} n’est pas une sauvegarde lisible.") from None


def _check_secret(restored: Path, present: Path) -> None:
    """Links are signed with the secret they came with: another one in its place is an operator's decision."""
    if restored.exists() and present.exists() and restored.read_bytes() != present.read_bytes():
        raise Conflict(f"Un autre secret existe déjà : {present}. Déplacez-le avant de restaurer.")


def _is_sqlite(database_url: str) -> bool:
    return database_url.startswith("sqlite:///")


def _copy_database(database_url: str, folder: Path) -> Path:
    if not _is_sqlite(database_url):
        return _run_postgres("pg_dump", ["--format=custom"], database_url, folder / POSTGRES_DUMP)
    source = Path(database_url.removeprefix("sqlite:///"))
    if not source.exists():
        raise NotFound(f"Il n’y a pas de base ici : {source}.")
    connection = sqlite3.connect(source, timeout=60)
    try:
        connection.execute("VACUUM INTO ?", (str(folder / SQLITE_COPY),))
    except sqlite3.DatabaseError as error:
        raise Refusal("La base %(path)s ne se laisse pas lire : %(why)s", path=source, why=error) from None
    finally:
        connection.close()
    return folder / SQLITE_COPY


def _restore_database(copied: Path, database_url: str) -> None:
    if not _is_sqlite(database_url):
        _check_empty(database_url)
        options = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
        _run_postgres("pg_restore", options, database_url, copied)
        return
    target = Path(database_url.removeprefix("sqlite:///"))
    # A journal left behind by another database would be played into this one.
    for present in (target, *(target.with_name(target.name + suffix) for suffix in ("-wal", "-shm"))):
        if present.exists():
            raise Conflict(f"Une base existe déjà : {present}. Déplacez-la avant de restaurer.")
    target.parent.mkdir(0o700, parents=True, exist_ok=True)
    shutil.move(copied, target)


def _check_empty(database_url: str) -> None:
    engine = create_engine(database_url)
    try:
        if inspect(engine).get_table_names():
            raise Conflict("La base n’est pas vide : restaurez dans une base neuve.")
    finally:
        engine.dispose()


def _run_postgres(program: str, options: list[str], database_url: str, file: Path) -> Path:
    """Runs `pg_dump` into, or `pg_restore` from a file. The password goes by the environment: `ps` shows arguments."""
    url = make_url(database_url)
    address = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    place = [f"--file={file}"] if program == "pg_dump" else [str(file)]
    secret = {"PGPASSWORD": str(url.password)} if url.password else {}
    try:
        done = subprocess.run(
            [program, *options, f"--dbname={address}", *place],
            env=os.environ | secret,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except FileNotFoundError:
        raise Refusal("%(program)s manque : installez postgresql-client.", program=program) from None
    if done.returncode:
        said = done.stderr.strip().splitlines() or [program]
        raise Refusal("%(why)s", why=said[0])
    return file
