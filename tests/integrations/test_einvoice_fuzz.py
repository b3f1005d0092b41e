"""Whatever the bytes, an invoice or an EInvoiceError."""

from functools import cache
from hashlib import sha256

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories.cii import Adjustment, Invoice, Line, pdf_with
from webdoc_app.integrations.einvoice import EInvoiceError, ImportedInvoice, read_einvoice

XML = Invoice(
    lines=(Line(base="2", gross="120", discount="20", adjustments=(Adjustment("1"),)),),
    adjustments=(Adjustment("3"), Adjustment("2", charge=True)),
    notes=("Note",),
    iban="FR7630006000011234567890189",
    preceding="A-1",
).xml()

PIECES = st.sampled_from(
    [
        b"<",
        b">",
        b"</ram:ID>",
        b"&a;",
        b"-",
        b"9" * 30,
        b"0",
        b".",
        b"\0",
        b"\xff",
        b'"',
        b"obj",
        b"stream",
        b"[",
        b"<<",
    ]
) | st.binary(max_size=6)


def is_read_whole_or_refused_in_words(data: bytes) -> bool:
    """Any other exception is the caller's to see. A refusal names a field and has words for a person."""
    try:
        invoice = read_einvoice(data, "f")
    except EInvoiceError as refused:
        return bool(refused.field and refused.message().strip())
    return invoice.sha256 == sha256(data).hexdigest() and adds_up(invoice)


def adds_up(invoice: ImportedInvoice) -> bool:
    """Whatever was changed, what was read is an invoice by EN 16931 to the last cent."""
    totals = invoice.totals
    return (
        totals.lines == sum(line.net for line in invoice.lines)
        and totals.net == totals.lines - totals.allowances + totals.charges
        and totals.vat == sum(row.vat for row in invoice.vat_breakdown)
        and totals.gross == totals.net + totals.vat
        and totals.due == totals.gross - totals.prepaid + totals.rounding
    )


def test_the_invoice_nothing_was_done_to_is_read() -> None:
    assert adds_up(read_einvoice(XML, "f"))
    assert adds_up(read_einvoice(small_pdf(), "f"))


@cache
def small_pdf() -> bytes:
    return pdf_with([("factur-x.xml", XML)])


def mutated(original: bytes, edits: list[tuple[float, int, bytes]]) -> bytes:
    for where, length, piece in edits:
        start = int(where * len(original))
        original = original[:start] + piece + original[start + length :]
    return original


EDITS = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 40), PIECES), min_size=1, max_size=6)
QUICK = settings(max_examples=150, deadline=2000, suppress_health_check=[HealthCheck.too_slow])


@QUICK
@given(EDITS)
def test_mutated_xml(edits: list[tuple[float, int, bytes]]) -> None:
    assert is_read_whole_or_refused_in_words(mutated(XML, edits))


@QUICK
@given(EDITS)
def test_mutated_pdf(edits: list[tuple[float, int, bytes]]) -> None:
    assert is_read_whole_or_refused_in_words(mutated(small_pdf(), edits))


@QUICK
@given(EDITS)
def test_mutated_xml_in_a_sound_pdf(edits: list[tuple[float, int, bytes]]) -> None:
    assert is_read_whole_or_refused_in_words(pdf_with([("factur-x.xml", mutated(XML, edits))]))


@QUICK
@given(st.binary(max_size=300), st.sampled_from([b"", b"<", b"%PDF-1.7\n", b"\xff\xfe<\0", b"\xef\xbb\xbf<"]))
def test_any_bytes(data: bytes, start: bytes) -> None:
    assert is_read_whole_or_refused_in_words(start + data)


@QUICK
@given(st.integers(0, XML.count(b">") - 1), st.text(max_size=30))
def test_any_value(place: int, value: str) -> None:
    """One element's content replaced by any text."""
    pieces = XML.split(b">")
    text, _, end = pieces[place].partition(b"<")
    if text and end.startswith(b"/"):
        pieces[place] = value.encode("utf-8", "ignore").replace(b"<", b"&lt;") + b"<" + end
    assert is_read_whole_or_refused_in_words(b">".join(pieces))
