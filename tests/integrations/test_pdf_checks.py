"""PDFs that do something are refused, wherever it hides; PDFs people send are taken."""

import time
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest

from tests.factories import files
from tests.factories.active_pdfs import ACTIVE, brings, changed, harmless, in_names
from tests.factories.cii import Invoice, facturx_pdf, pdf_with
from tests.factories.contents import content_json
from webdoc_app.domain.errors import Invalid
from webdoc_app.integrations.einvoice import EInvoiceError, read_einvoice
from webdoc_app.integrations.pdf import PdfRenderer
from webdoc_app.integrations.pdf_checks import insist_harmless
from webdoc_app.integrations.pdf_faults import PdfFault
from webdoc_app.integrations.uploads import check_upload
from webdoc_app.reads.sheet_html import pdf_html

HARMLESS = harmless()
XML = Invoice().xml()
INVOICE = facturx_pdf(XML)


@pytest.mark.parametrize("way", ACTIVE)
def test_what_does_something_is_not_taken_from_anybody(way: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_upload(ACTIVE[way](files.pdf()), "a.pdf")
    assert [error.field for error in refused.value.errors] == ["file"]


@pytest.mark.parametrize("way", ACTIVE)
def test_nor_in_an_invoice_of_another_program(way: str) -> None:
    with pytest.raises(EInvoiceError) as refused:
        read_einvoice(ACTIVE[way](INVOICE), "a.pdf")
    assert refused.value.field == "file"


@pytest.mark.parametrize("name", HARMLESS)
def test_what_people_send_is_taken_as_it_is(name: str) -> None:
    assert check_upload(HARMLESS[name], "a.pdf").data == HARMLESS[name]


async def test_our_own_pdfs_may_come_back() -> None:
    renderer = PdfRenderer(pdf_html)
    try:
        assert check_upload(await renderer.render(content_json("invoice"), None), "a.pdf")
    finally:
        renderer.close()


def test_an_e_invoice_may_be_sent_along_too() -> None:
    assert check_upload(INVOICE, "facture.pdf").data == INVOICE


@pytest.mark.parametrize(
    ("name", "data", "is_taken"),
    [
        ("feuille.csv", b"a;b\n1;2", True),
        ("plan.png", files.picture(), True),
        ("detail.pdf", files.pdf(), True),
        ("detail.pdf", files.pdf_with_script(), False),
        ("detail.pdf", pdf_with([("inner.xml", b"<a/>")]), False),
        ("plan.png", b"MZ", False),
        ("macros.xlsm", b"PK\x03\x04", False),
        ("tableau.xlsx", b"PK\x03\x04", False),
        ("page.html", b"<script>", False),
        ("../a.txt", b"a", False),
    ],
)
def test_what_an_invoice_brings_along_must_be_inert(name: str, data: bytes, is_taken: bool) -> None:
    def add(pdf: pikepdf.Pdf) -> None:
        pdf.Root.AF = pikepdf.Array([brings(pdf, name, data)])

    pdf = changed(INVOICE, add)
    if is_taken:
        assert read_einvoice(pdf, "a.pdf").pdf == pdf
    else:
        with pytest.raises(EInvoiceError):
            read_einvoice(pdf, "a.pdf")


def test_an_attachment_that_unpacks_without_end_is_not_unpacked() -> None:
    def bomb(pdf: pikepdf.Pdf) -> None:
        in_names(pdf, "/EmbeddedFiles", brings(pdf, "factur-x.xml", b"<a>" + b" " * 200_000_000))

    data = changed(files.pdf(), bomb)
    assert len(data) < 1_000_000
    started = time.process_time()
    check_upload(data, "a.pdf")
    assert time.process_time() - started < 2


def test_many_revisions_and_broken_things_are_refused() -> None:
    with pytest.raises(Invalid):
        check_upload(files.pdf() + b"%%EOF\n" * 60, "a.pdf")
    broken = files.pdf().replace(b"/MediaBox [", b"/MediaBox [ << /a ) ")
    with pytest.raises(Invalid):
        check_upload(broken, "a.pdf")


def test_the_samples_hold_nothing_that_starts() -> None:
    folder = Path(__file__).parents[3] / "shared" / "samples" / "invoices"
    for path in sorted(folder.glob("*.pdf")):
        assert check_upload(path.read_bytes(), path.name)


def test_a_picture_is_not_copied_beside_itself() -> None:
    """What a child may use bounds a picture: this is the largest PNG that is taken."""
    from PIL import Image

    out = BytesIO()
    Image.new("RGBA", (4_000, 4_000), (9, 9, 9, 99)).save(out, "PNG")
    with Image.open(BytesIO(check_upload(out.getvalue(), "a.png").data)) as kept:
        assert (kept.mode, kept.size) == ("RGBA", (4_000, 4_000))


def with_plain_objects(in_the_catalogue: bytes = b"") -> bytes:
    """A page, and beside it an object that is nothing and one that is a number."""
    body = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R" + in_the_catalogue + b">>endobj\n"
    body += b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    body += b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Resources<<>>>>endobj\n"
    body += b"4 0 obj null endobj\n5 0 obj 12 endobj\n"
    places = [body.index(b"%d 0 obj" % number) for number in range(1, 6)]
    table = b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    return body + table + b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(body)


def test_an_object_that_is_nothing_or_a_number_is_harmless_and_hides_nothing() -> None:
    with pikepdf.open(BytesIO(with_plain_objects())) as pdf:
        assert {int, type(None)} <= {type(each) for each in pdf.objects}
    assert insist_harmless(with_plain_objects()) is None
    with pytest.raises(PdfFault):
        insist_harmless(with_plain_objects(b"/OpenAction<</S/JavaScript/JS(app.alert(1))>>"))
