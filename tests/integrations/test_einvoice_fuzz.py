"""Whatever the bytes, an invoice or an EInvoiceError."""

from functools import cache

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories.cii import Adjustment, Invoice, Line, pdf_with
from webdoc_app.integrations.einvoice import EInvoiceError, read_einvoice

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


def survives(data: bytes) -> None:
    try:
        read_einvoice(data, "f")
    except EInvoiceError as refused:
        assert refused.message()


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
    survives(mutated(XML, edits))


@QUICK
@given(EDITS)
def test_mutated_pdf(edits: list[tuple[float, int, bytes]]) -> None:
    survives(mutated(small_pdf(), edits))


@QUICK
@given(EDITS)
def test_mutated_xml_in_a_sound_pdf(edits: list[tuple[float, int, bytes]]) -> None:
    survives(pdf_with([("factur-x.xml", mutated(XML, edits))]))


@QUICK
@given(st.binary(max_size=300), st.sampled_from([b"", b"<", b"%PDF-1.7\n", b"\xff\xfe<\0", b"\xef\xbb\xbf<"]))
def test_any_bytes(data: bytes, start: bytes) -> None:
    survives(start + data)


@QUICK
@given(st.integers(0, XML.count(b">") - 1), st.text(max_size=30))
def test_any_value(place: int, value: str) -> None:
    """One element's content replaced by any text."""
    pieces = XML.split(b">")
    text, _, end = pieces[place].partition(b"<")
    if text and end.startswith(b"/"):
        pieces[place] = value.encode("utf-8", "ignore").replace(b"<", b"&lt;") + b"<" + end
    survives(b">".join(pieces))
