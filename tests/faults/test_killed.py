"""Killed in the middle of issuing, again and again: no number is lost, no document is half made."""

import concurrent.futures
import json
import random
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.faults.sites import Site, rows, site_in

ROUNDS = 5
QUOTE = {
    "kind": "quote",
    "customer": {"name": "Claire", "email": "claire@example.org"},
    "lines": [{"description": "Meuble", "unit_price": "100.00"}],
}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with site_in(tmp_path) as found:
        yield found


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
