"""Published invoices nobody here wrote, through the command line: amounts equal to the cent, a second time refused."""

import json
import os
import re
from decimal import Decimal
from pathlib import Path

import pytest

from tests.commands.runs import answer, new_company, run
from webdoc_app.build import ROOT
from webdoc_app.reads.documents import document_view
from webdoc_app.services.database import async_engine
from webdoc_app.services.documents import find_document
from webdoc_app.services.keys import load_keys
from webdoc_app.services.work import Runtime, configure, reading, runtime

SAMPLES = Path(os.environ.get("WEBDOC_SAMPLES", ROOT.parent / "shared" / "samples" / "invoices"))
AMOUNTS = ("lines", "allowances", "charges", "net", "vat", "gross", "paid", "due")

pytestmark = pytest.mark.skipif(
    not (SAMPLES / "README.md").is_file(),
    reason=f"sample invoices absent from {SAMPLES} (set WEBDOC_SAMPLES)",
)


def published() -> dict[str, list[str]]:
    """The table beside the samples: each file's cells, its name first."""
    rows = re.findall(
        r"^\|(.+\.(?:pdf|xml) \|.+)\|$", (SAMPLES / "README.md").read_text(encoding="utf-8"), re.M
    )
    cells = [[cell.strip() for cell in row.split("|")] for row in rows]
    return {row[0]: row for row in cells}


async def views(data_dir: Path, company_id: str, ids: list[str]) -> list[dict]:
    engine = async_engine(f"sqlite:///{data_dir / 'webdoc.sqlite3'}")
    configure(Runtime(engine=engine, keys=load_keys("", data_dir), origin="http://localhost:3000"))
    try:
        async with reading() as session:
            return [
                await document_view(session, await find_document(session, company_id, document_id))
                for document_id in ids
            ]
    finally:
        await runtime().engine.dispose()
        configure(None)


async def test_published_invoices(tmp_path):
    expected = published()
    company_id = new_company(tmp_path)["company_id"]
    files = [SAMPLES / name for name in expected]

    lines = [
        json.loads(line) for line in answer(tmp_path, "import", *files, "--company", company_id).splitlines()
    ]
    documents = await views(tmp_path, company_id, [line["id"] for line in lines])
    assert len(documents) == len(expected) == 12
    for line, document, (name, code, currency, count, rates, *amounts) in zip(
        lines, documents, expected.values(), strict=True
    ):
        assert line["kind"] == ("credit" if code == "381" else "invoice"), name
        assert line["webdocument_url"] == document["webdocument_url"], name
        assert document["currency"] == currency, name
        assert len(document["lines"]) == int(count), name
        assert len(document["totals"]["vat_breakdown"]) == int(rates), name
        read = [Decimal(document["totals"][amount]) for amount in AMOUNTS]
        assert read == [Decimal(amount or 0) for amount in amounts], name

    again = run(tmp_path, "import", files[0], files[4], "--company", company_id)
    assert again.returncode == 1
    refused = [json.loads(line) for line in again.stdout.splitlines()]
    assert [set(line) for line in refused] == [{"file", "error"}] * 2
    assert answer(tmp_path, "verify") == "Tout est intact.\n"
