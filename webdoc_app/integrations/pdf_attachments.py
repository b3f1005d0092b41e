"""Files inside PDFs: taken where they are data that starts nothing, and are what their names say."""

import re
import zlib
from typing import TYPE_CHECKING

from webdoc_app.integrations.pdf_faults import PdfFault

if TYPE_CHECKING:
    import pikepdf

INVOICE_NAMES = frozenset({"factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml", "order-x.xml", "cii.xml"})
OUR_NAMES = frozenset({"certificate.json"})
_ENDING = re.compile(r"[^/\\\x00-\x1f]+\.(xml|txt|csv|json|png|jpe?g|pdf)")
_PROGRAMS = (b"MZ", b"\x7fELF", b"#!", b"PK", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe")
MOST_BYTES = 10_000_000


def looked_at(container: "pikepdf.Object", attachments: str, depth: int) -> set[tuple[int, int]]:
    """The files a file specification brings along, once they are found harmless. Raises PdfFault."""
    import pikepdf

    files = container.get("/EF")
    if files is None:
        return set()
    if not isinstance(files, pikepdf.Dictionary):
        raise PdfFault("files")
    names = {
        str(container[key]).lower() for key in ("/F", "/UF", "/DOS", "/Unix", "/Mac") if key in container
    }
    if not names:
        raise PdfFault("files")
    found = set()
    for stream in files.values():
        if not isinstance(stream, pikepdf.Stream):
            raise PdfFault("files")
        for name in names:
            _insist_inert(name, stream, attachments, depth)
        found.add(stream.objgen)
    return found


def _insist_inert(name: str, stream: "pikepdf.Stream", attachments: str, depth: int) -> None:
    ending = _ENDING.fullmatch(name)
    is_usual = name in INVOICE_NAMES | OUR_NAMES
    if not ending or attachments == "nothing" or (attachments == "invoices" and not is_usual):
        raise PdfFault("files")
    start = _unpacked(stream, 1_024)
    if ending[1] == "pdf":
        _insist_harmless_pdf(stream, depth)
    elif not _is_what_it_says(ending[1], start):
        raise PdfFault("files")


def _is_what_it_says(ending: str, start: bytes) -> bool:
    if ending == "png":
        return start.startswith(b"\x89PNG\r\n\x1a\n")
    if ending in ("jpg", "jpeg"):
        return start.startswith(b"\xff\xd8\xff")
    text = (
        start.removeprefix(b"\xef\xbb\xbf")
        .removeprefix(b"\xff\xfe")
        .removeprefix(b"\xfe\xff")
        .replace(b"\0", b"")
    )
    if ending == "xml":
        return not text.strip() or text.lstrip().startswith(b"<")
    return not text.startswith(_PROGRAMS)


def _insist_harmless_pdf(stream: "pikepdf.Stream", depth: int) -> None:
    from webdoc_app.integrations.pdf_checks import NOTHING, insist_harmless

    if depth:
        raise PdfFault("files")
    insist_harmless(_unpacked(stream, MOST_BYTES), attachments=NOTHING, depth=depth + 1)


def _unpacked(stream: "pikepdf.Stream", most: int) -> bytes:
    """At most so many bytes of it; in the two forms attachments are kept in, so that none unpacks without end."""
    import pikepdf

    filters = stream.get("/Filter")
    if isinstance(filters, pikepdf.Array):
        filters = filters[0] if len(filters) == 1 else filters
    raw = stream.read_raw_bytes()
    if filters is None:
        return raw[:most]
    if filters != pikepdf.Name.FlateDecode:
        raise PdfFault("broken")
    try:
        return zlib.decompressobj().decompress(raw, most)
    except zlib.error as broken:
        raise PdfFault("broken") from broken
