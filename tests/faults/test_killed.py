"""Killed in the middle of issuing, again and again: no number is lost, no document is half made."""

import concurrent.futures
import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from webdoc_app.build import ROOT

ROUNDS = 5
COMMAND = [sys.executable, "-m", "webdoc_app"]
QUOTE = {
    "kind": "quote",
    "customer": {"name": "Claire", "email": "claire@example.org"},
    "lines": [{"description": "Meuble", "unit_price": "100.00"}],
}


@dataclass
class Site:
    """A server that is killed and started again on the same data."""

    folder: Path
    port: int
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        plain = {name: value for name, value in os.environ.items() if not name.startswith("WEBDOC_")}
        return plain | {
            "WEBDOC_DATA_DIR": str(self.folder),
            "WEBDOC_PORT": str(self.port),
            "WEBDOC_DEMO": "0",
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*COMMAND, *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*COMMAND, "serve"],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        for _ in range(900):
            assert self.process.poll() is None, (self.folder / "log").read_text()
            try:
                urllib.request.urlopen(f"{self.origin}/health", timeout=5).close()
                return
            except (urllib.error.URLError, ConnectionError):
                # Not up yet: wait for the process rather than for the clock.
                with suppress(subprocess.TimeoutExpired):
                    self.process.wait(0.2)
        raise AssertionError("the server did not start")

    def kill(self) -> None:
        """Everything at once: the first process and its workers, which have groups of their own."""
        assert self.process is not None
        family = descendants(self.process.pid)
        for pid in family:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()


def descendants(pid: int) -> list[int]:
    found = [pid]
    for each in found:
        for children in Path(f"/proc/{each}/task").glob("*/children"):
            with suppress(OSError):
                found += [int(child) for child in children.read_text().split()]
    return found


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found = Site(tmp_path, probe.getsockname()[1])
    yield found
    if found.process and found.process.poll() is None:
        found.kill()


def issue_until_it_dies(site: Site, key: str, answered: list[str]) -> None:
    """Drafts and issues one quote after the other; notes each that was confirmed."""
    headers = {"Authorization": f"Bearer {key}"}
    with (
        httpx.Client(base_url=f"{site.origin}/api/v1", headers=headers, timeout=30) as client,
        suppress(httpx.TransportError),
    ):
        while True:
            draft = client.post("/documents", json=QUOTE).json()
            issued = client.post(f"/documents/{draft['id']}/issue")
            assert issued.status_code == 200
            answered.append(issued.json()["id"])


def test_killed_while_issuing_no_number_is_lost_and_each_document_has_its_pdf(site: Site) -> None:
    company = json.loads(
        site.run(
            "company", "create", "--name", "A", "--email", "a@example.org", "--password", "motdepasse"
        ).stdout
    )["company_id"]
    key = json.loads(site.run("apikey", "create", "--company", company, "--name", "test").stdout)["key"]
    chance = random.Random(20261124)
    answered: list[str] = []
    for _ in range(ROUNDS):
        site.start()
        with concurrent.futures.ThreadPoolExecutor(3) as programs:
            at_work = [programs.submit(issue_until_it_dies, site, key, answered) for _ in range(3)]
            # At an odd moment: so much later than the round's first confirmed number.
            known = len(answered)
            while len(answered) == known and not any(task.done() for task in at_work):
                concurrent.futures.wait(at_work, 0.005)
            concurrent.futures.wait(at_work, chance.uniform(0, 0.15))
            site.kill()
            for task in at_work:
                task.result()
    check(site, answered)
    site.start()
    serve_every_pdf(site, key)
    site.kill()
    check(site, answered)


def check(site: Site, answered: list[str]) -> None:
    verified = site.run("verify")
    assert (verified.returncode, verified.stderr) == (0, ""), verified.stdout
    issued = rows(site, "SELECT id, sequence FROM documents WHERE state <> 'draft' ORDER BY sequence")
    assert [sequence for _, sequence in issued] == list(range(1, len(issued) + 1))
    assert set(answered) <= {id_ for id_, _ in issued}
    # An issued document has its lines, its frozen content, its link and its event; a draft has none but its lines.
    for table, each in (
        ("document_lines WHERE document_id", 1),
        ("document_versions WHERE document_id", 1),
        ("share_links WHERE document_id", 1),
        ("events WHERE type = 'document.issued' AND document_id", 1),
    ):
        for id_, _ in issued:
            assert rows(site, f"SELECT count(*) FROM {table} = '{id_}'") == [(each,)]
    assert rows(site, "SELECT count(*) FROM documents WHERE state = 'draft' AND number IS NOT NULL") == [(0,)]
    assert rows(site, "SELECT count(*) FROM customers") == rows(site, "SELECT count(*) FROM documents")


def serve_every_pdf(site: Site, key: str) -> None:
    """Also of those that were killed before theirs was rendered."""
    headers = {"Authorization": f"Bearer {key}"}
    without = rows(
        site, "SELECT count(*) FROM documents d WHERE state <> 'draft' AND NOT EXISTS "
        "(SELECT 1 FROM stored_pdfs p WHERE p.document_id = d.id)",
    )[0][0]  # fmt: skip
    with httpx.Client(base_url=f"{site.origin}/api/v1", headers=headers, timeout=30) as client:
        for (id_,) in rows(site, "SELECT id FROM documents WHERE state <> 'draft'"):
            first, again = (client.get(f"/documents/{id_}/pdf").content for _ in range(2))
            assert first.startswith(b"%PDF-")
            assert first == again
    assert rows(site, "SELECT count(DISTINCT document_id) FROM stored_pdfs") == rows(
        site, "SELECT count(*) FROM documents WHERE state <> 'draft'"
    )
    assert without > 0, "no round was killed between commit and PDF: the test proves less than it says"


def rows(site: Site, statement: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(site.folder / "webdoc.sqlite3", timeout=20)) as connection:
        return connection.execute(statement).fetchall()
