"""PDFs of documents, read back by other libraries than the one that wrote them."""

import asyncio
import base64
import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pikepdf
import pypdf
import pytest
from PIL import Image

from tests.factories.contents import BUSINESS, SELLER, content, content_json, line
from webdoc_app.integrations.pdf import PdfError, PdfRenderer
from webdoc_app.reads.sheet_html import pdf_html

BAIT = "/etc/hostname"
SECRET = Path(BAIT).read_bytes()
HOSTILE = (
    "<script>app.alert(1)</script><img src='http://127.0.0.1:9/x'><link rel=attachment href='file://"
    + BAIT
    + "'>"
    "<a rel=attachment href='file://"
    + BAIT
    + "'>x</a><style>@import url(http://127.0.0.1:9/y)</style>\u202e{{7*7}}"
)


@pytest.fixture(scope="module")
def renderer():
    renderer = PdfRenderer(pdf_html)
    yield renderer
    renderer.close()


def text_of(data: bytes) -> str:
    pages = (page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages)
    return "\n".join(pages).replace("\N{NARROW NO-BREAK SPACE}", " ").replace("\N{NO-BREAK SPACE}", " ")


def fonts_of(pdf: pikepdf.Pdf) -> dict[str, bool]:
    """Each font used, and whether its file is embedded."""
    found = {}
    for page in pdf.pages:
        for font in page.get("/Resources", {}).get("/Font", {}).values():
            inner = font.DescendantFonts[0] if "/DescendantFonts" in font else font
            files = {"/FontFile", "/FontFile2", "/FontFile3"} & set(inner.FontDescriptor.keys())
            found[str(font.BaseFont)] = bool(files)
    return found


async def test_it_is_pdf_a_3b_with_its_fonts(renderer):
    data = await renderer.render(content_json("quote", title="Cuisine"), None)
    with pikepdf.open(io.BytesIO(data)) as pdf:
        with pdf.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "B")
            assert metadata["dc:title"] == "Devis D-2026-00012"
            assert list(metadata["dc:creator"]) == ["Atelier Morel"]
        assert pdf.Root.OutputIntents[0].S == "/GTS_PDFA1"
        assert str(pdf.Root.Lang) == "fr"
        assert not pdf.is_encrypted
        fonts = fonts_of(pdf)
        assert len(fonts) == 2
        assert all("Inter" in name and embedded for name, embedded in fonts.items())


async def test_its_text_can_be_searched_and_copied(renderer):
    rows = [line("Meubles bas en chêne massif", quantity="6", unit_price="285", vat_rate="10")]
    text = text_of(await renderer.render(content_json("quote", rows), None))
    assert "D-2026-00012" in text
    assert "Meubles bas en chêne massif" in text
    assert "1 881,00 €" in text


async def test_the_same_content_gives_the_same_bytes(renderer):
    other = PdfRenderer(pdf_html)
    try:
        first = await renderer.render(content_json("invoice"), None)
        assert await other.render(content_json("invoice"), None) == first
        assert await renderer.render(content_json("invoice"), None) == first
    finally:
        other.close()


async def test_a_long_invoice_repeats_its_header_and_keeps_its_totals_together(renderer):
    rows = [line(f"Prestation {number}") for number in range(1, 61)]
    data = await renderer.render(content_json("invoice", rows, number="F-2026-00107"), None)
    pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages]
    assert len(pages) == 3
    for number, page in enumerate(pages, 1):
        assert ("Désignation" in page) == ("Prestation" in page)
        assert f"{number} / 3" in page
        assert "Facture F-2026-00107" in page
    (last,) = [page for page in pages if "Net à payer" in page]
    assert all(words in last for words in ("TVA 20", "Total TTC", "7\N{NARROW NO-BREAK SPACE}200,00"))
    printed = [int(number) for page in pages for number in re.findall(r"Prestation (\d+)", page)]
    assert printed == list(range(1, 61))


async def test_hostile_texts_reach_neither_files_nor_network_nor_readers(renderer):
    everywhere = {name: HOSTILE for name in SELLER if name not in ("color", "logo_sha256")}
    bill = content(
        "invoice",
        [line(HOSTILE, unit=HOSTILE)],
        [{"amount": 1, "vat_rate": "20", "is_charge": False, "reason": HOSTILE}],
        title=HOSTILE,
        notes=HOSTILE,
        number=HOSTILE,
        seller=everywhere | {"color": "red;background:url(file:///etc/hostname)"},
        customer=dict.fromkeys(BUSINESS, HOSTILE),
    )
    data = await renderer.render(json.dumps(bill), None)
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert len(pdf.attachments) == 0
        assert "/AF" not in pdf.Root
        assert "/Names" not in pdf.Root or "/JavaScript" not in pdf.Root.Names
        assert "/OpenAction" not in pdf.Root
        assert "/AA" not in pdf.Root
        assert [page.get("/Annots") for page in pdf.pages] == [None] * len(pdf.pages)
        with pdf.open_metadata() as metadata:
            assert metadata["dc:title"] == f"Facture {HOSTILE}"
        for item in pdf.objects:
            if isinstance(item, pikepdf.Stream):
                assert SECRET not in item.read_bytes()
    assert "<script>" in text_of(data).replace("\n", "")


async def test_nothing_internal_is_in_the_file(renderer):
    marked = content("invoice", credited_minor=1, internal="CANARY-1", customer=BUSINESS)
    marked["lines"][0]["origin_id"] = "CANARY-2"
    data = await renderer.render(json.dumps(marked), None)
    with pikepdf.open(io.BytesIO(data)) as pdf:
        streams = [item.read_bytes() for item in pdf.objects if isinstance(item, pikepdf.Stream)]
    everything = b"".join([data, *streams]) + text_of(data).encode()
    for secret in ("CANARY", marked["id"], marked["customer_id"], BUSINESS["email"]):
        assert secret.encode() not in everything


async def test_a_logo_is_drawn(renderer):
    file = io.BytesIO()
    Image.new("RGBA", (120, 40), (200, 30, 30, 255)).save(file, "PNG")
    data = await renderer.render(content_json("quote"), file.getvalue())
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert [(int(image.Width), int(image.Height)) for image in pdf.pages[0].images.values()] == [
            (120, 40)
        ]


async def test_a_failure_is_a_plain_exception_and_the_next_one_works(renderer):
    with pytest.raises(PdfError):
        await renderer.render("not json", None)
    with pytest.raises(PdfError):
        await renderer.render(content_json("no such kind"), None)
    assert (await renderer.render(content_json("quote"), None)).startswith(b"%PDF")


def html_that_fetches(content_json: str, _logo: bytes | None) -> str:
    return f"<img src='{content_json}'><h1>Seen</h1>"


async def test_only_data_addresses_are_fetched():
    """The server counts its visits: there must be none, and the page is drawn all the same."""
    visits = []

    async def visited(_reader, writer):
        visits.append(1)
        writer.close()

    server = await asyncio.start_server(visited, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    renderer = PdfRenderer(html_that_fetches)
    try:
        dot = base64.b64encode(b"<svg xmlns='http://www.w3.org/2000/svg'/>").decode()
        for address in (
            f"http://127.0.0.1:{port}/x.png",
            f"file://{BAIT}",
            f"data:image/svg+xml;base64,{dot}",
        ):
            assert (await renderer.render(address, None)).startswith(b"%PDF")
    finally:
        renderer.close()
        server.close()
        await server.wait_closed()
    assert visits == []


def html_with_the_childs_id(_content_json: str, _logo: bytes | None) -> str:
    return f"<title>{os.getpid()}</title><p>x"


def is_running(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def pid_in(data: bytes) -> int:
    return int(pypdf.PdfReader(io.BytesIO(data)).metadata.title)


async def test_a_child_that_died_is_replaced():
    renderer = PdfRenderer(html_with_the_childs_id)
    try:
        first = pid_in(await renderer.render("", None))
        assert first != os.getpid()
        os.kill(first, signal.SIGKILL)
        assert pid_in(await renderer.render("", None)) != first
    finally:
        renderer.close()


async def test_of_many_that_lost_their_child_each_is_served():
    renderer = PdfRenderer(pdf_html)
    try:
        await renderer.render(content_json("quote"), None)
        (child,) = renderer.children()
        waiting = [asyncio.create_task(renderer.render(content_json("quote"), None)) for _ in range(4)]
        await asyncio.sleep(0)
        os.kill(child, signal.SIGKILL)
        assert [data[:4] for data in await asyncio.gather(*waiting)] == [b"%PDF"] * 4
    finally:
        renderer.close()


async def test_closing_gives_up_what_is_being_rendered():
    renderer = PdfRenderer(pdf_html)
    rows = [line("mot " * 1_000) for _ in range(100)]
    waiting = asyncio.create_task(renderer.render(content_json("invoice", rows), None))
    await asyncio.sleep(0)
    renderer.close()
    with pytest.raises(PdfError):
        await waiting
    with pytest.raises(PdfError):
        await renderer.render(content_json("quote"), None)


HOLDER = """
import asyncio, multiprocessing
from tests.factories.contents import content_json
from webdoc_app.integrations.pdf import PdfRenderer
from webdoc_app.reads.sheet_html import pdf_html

async def work():
    renderer = PdfRenderer(pdf_html)
    await renderer.render(content_json("quote"), None)
    renderer.close()

if __name__ == "__main__":
    worker = multiprocessing.get_context("fork").Process(target=lambda: asyncio.run(work()))
    worker.start()
    worker.join(30)
    print("ended" if worker.exitcode == 0 else "stuck")
    worker.kill()
"""


def test_a_worker_process_that_closes_it_can_end(tmp_path):
    """Servers run their workers as processes of multiprocessing, which wait for their own children at exit."""
    script = tmp_path / "holder.py"
    script.write_text(HOLDER)
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, script],
        check=False,
        env=os.environ | {"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "ended", done.stderr


async def test_closing_ends_the_children():
    renderer = PdfRenderer(html_with_the_childs_id)
    child = pid_in(await renderer.render("", None))
    assert is_running(child)
    renderer.close()
    assert not is_running(child)


async def test_long_texts_do_not_take_minutes(renderer):
    """Measuring every character of a text as a place to break made this one take ten minutes."""
    rows = [line(("mot " * 1_250).strip()) for _ in range(20)]
    async with asyncio.timeout(60):
        data = await renderer.render(content_json("invoice", rows, notes="A" * 5_000), None)
    assert text_of(data).count("mot") >= 20 * 1_250


async def test_nothing_runs_out_of_the_paper(renderer):
    """The longest texts a document takes, without a blank to break at, stay between the margins."""
    long = "B" * 200
    rows = [line("A" * 400, unit=long, quantity="123456.123456", unit_price="999999.123456")]
    seller = SELLER | dict.fromkeys(("name", "legal_form", "email", "siren", "rcs", "vat_number"), long)
    customer = dict.fromkeys(BUSINESS, long)
    bill = content("invoice", rows, number=long, title="T" * 300, seller=seller, customer=customer)
    data = await renderer.render(json.dumps(bill), None)
    ends = []

    def see(text: str, page: list[float], place: list[float], _font: object, size: float) -> None:
        for row in text.split("\n"):
            # Half an em is less than any letter used here takes.
            ends.append(page[4] + page[0] * (place[4] + len(row.strip()) * size / 2))

    for page in pypdf.PdfReader(io.BytesIO(data)).pages:
        page.extract_text(visitor_text=see)
    assert 300 < max(ends) < 595 - 40
