"""What commands write is its owner's alone, whatever the usual mask is."""

import subprocess
import sys
from pathlib import Path

from tests.serving.processes import environment
from webdoc_app.build import ROOT


def run(folder: Path, *arguments: str) -> None:
    settings = environment(folder)
    command = [sys.executable, "-m", "webdoc_app", *arguments]
    usual_mask = ["sh", "-c", 'umask 022; exec "$@"', "sh"]
    subprocess.run([*usual_mask, *command], cwd=ROOT, env=settings, check=True, capture_output=True)


def test_database_secret_and_backup_open_to_nobody_else(tmp_path: Path) -> None:
    folder, backup = tmp_path / "data", tmp_path / "backup"
    folder.mkdir(mode=0o755)
    person = ("--name", "Atelier", "--email", "l@example.org", "--password", "sapin-neuf-12")
    run(folder, "company", "create", *person)
    run(folder, "backup", str(backup))
    written = [path for path in (*folder.rglob("*"), backup) if path.is_file()]
    assert {path.name for path in written} >= {"webdoc.sqlite3", "secret.key", "backup"}
    assert {
        path.name: oct(path.stat().st_mode & 0o077) for path in written if path.stat().st_mode & 0o077
    } == {}
    assert folder.stat().st_mode & 0o777 == 0o755
