"""Anchors as an operator meets them: backups, restored ones, what is kept elsewhere."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.commands.runs import answer, new_company, run
from tests.factories.cii import Invoice


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    new_company(folder)
    bill(folder, "F-1")
    return folder


def bill(data_dir: Path, number: str) -> None:
    file = data_dir / f"{number}.xml"
    file.write_bytes(Invoice(number=number).xml())
    with closing(sqlite3.connect(data_dir / "webdoc.sqlite3")) as database:
        [company] = database.execute("SELECT id FROM companies").fetchone()
    answer(data_dir, "import", file, "--company", company)


def lines(data_dir: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (data_dir / "heads.log").read_text().splitlines()]


def move_database_away(data_dir: Path, to: Path) -> None:
    to.mkdir()
    for file in data_dir.glob("webdoc.sqlite3*"):
        shutil.move(file, to / file.name)


def test_a_backup_anchors_and_one_that_is_put_back_is_a_note(data_dir: Path, tmp_path: Path) -> None:
    answer(data_dir, "backup", tmp_path / "saved.tar.gz")
    assert len(lines(data_dir)) == 1
    assert (data_dir / "heads.log").stat().st_mode & 0o777 == 0o600
    bill(data_dir, "F-2")
    mailed = tmp_path / "kept.txt"
    mailed.write_text(answer(data_dir, "anchor"))
    move_database_away(data_dir, tmp_path / "newer")
    answer(data_dir, "restore", tmp_path / "saved.tar.gz")

    said = answer(data_dir, "verify").splitlines()
    assert said[0] == "Tout est intact."
    assert any(line.startswith("À savoir : ") and "remise en place" in line for line in said[1:])
    assert len(said) == 2 and "ne sont plus dans l’historique" in said[1]
    assert "ne sont plus dans l’historique" in answer(data_dir, "verify", "--anchors", mailed)
    assert len(lines(data_dir)) == 3


def test_an_older_copy_put_in_its_place_is_a_cut_until_it_is_said(data_dir: Path, tmp_path: Path) -> None:
    shutil.copy(data_dir / "webdoc.sqlite3", tmp_path / "copy.sqlite3")
    bill(data_dir, "F-2")
    [anchor] = answer(data_dir, "anchor").splitlines()
    move_database_away(data_dir, tmp_path / "newer")
    shutil.copy(tmp_path / "copy.sqlite3", data_dir / "webdoc.sqlite3")

    cut = run(data_dir, "verify")
    told = json.loads(anchor)
    assert (cut.returncode, cut.stderr, len(cut.stdout.splitlines())) == (1, "", 1)
    for part in (told["company_id"], f"l’événement {told['seq']}", told["at"][:10], "a été coupé"):
        assert str(part) in cut.stdout
    answer(data_dir, "anchor", "--restored")
    assert answer(data_dir, "verify").splitlines()[0] == "Tout est intact."


def test_a_file_without_an_anchor_is_refused_in_a_line(data_dir: Path) -> None:
    done = run(data_dir, "verify", "--anchors", data_dir / "F-1.xml")
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    assert "aucune ancre" in done.stderr
