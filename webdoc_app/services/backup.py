"""Backups of the one-machine install: a consistent copy of the database and the secret, in one file."""

import sqlite3
import tarfile
import tempfile
from pathlib import Path

from webdoc_app.domain.errors import Conflict, NotFound

DATABASE, SECRET = "webdoc.sqlite3", "secret.key"


def backup(database_url: str, data_dir: Path, target: Path) -> None:
    """Writes a tar file while the product may be running. Raises Conflict for PostgreSQL (pg_dump is the tool)."""
    source = _sqlite_path(database_url)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / DATABASE
        with sqlite3.connect(source) as connection:
            connection.execute("VACUUM INTO ?", (str(copy),))
        connection.close()
        partial = target.with_name(target.name + ".partial")
        with tarfile.open(partial, "w:gz") as archive:
            archive.add(copy, DATABASE)
            if (data_dir / SECRET).exists():
                archive.add(data_dir / SECRET, SECRET)
        partial.chmod(0o600)
        partial.rename(target)


def restore(database_url: str, data_dir: Path, source: Path) -> None:
    """Puts a backup in place of an empty or missing database. Raises NotFound, Conflict; overwrites nothing."""
    target = _sqlite_path(database_url)
    if not source.is_file():
        raise NotFound(f"Le fichier {source} n’existe pas.")
    if target.exists():
        raise Conflict(f"Une base existe déjà : {target}. Déplacez-la avant de restaurer.")
    try:
        with tarfile.open(source, "r:gz") as archive:
            files: dict[str, bytes] = {}
            for name in archive.getnames():
                member = archive.extractfile(name) if name in (DATABASE, SECRET) else None
                files |= {name: member.read()} if member else {}
    except (tarfile.TarError, OSError, EOFError):
        raise Conflict(f"Le fichier {source} n’est pas une sauvegarde lisible.") from None
    if DATABASE not in files:
        raise Conflict(f"Le fichier {source} ne contient pas de base.")
    data_dir.mkdir(parents=True, exist_ok=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(files[DATABASE])
    if SECRET in files:
        path = data_dir / SECRET
        path.touch(mode=0o600)
        path.write_bytes(files[SECRET])


def _sqlite_path(database_url: str) -> Path:
    if not database_url.startswith("sqlite:///"):
        raise Conflict("Avec PostgreSQL, sauvegardez par pg_dump et restaurez par pg_restore.")
    return Path(database_url.removeprefix("sqlite:///"))
