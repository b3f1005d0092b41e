"""From the uploaded bytes to the invoice's XML: what kind of file it is, and the XML inside a PDF."""

import logging
import re
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any

from webdoc_app.integrations.einvoice.errors import N_, EInvoiceError, Phrase

if TYPE_CHECKING:
    from pypdf import PdfReader
    from pypdf.generic import EmbeddedFile

# pypdf logs each oddity of a file, thousands of lines for a hostile one, quoting its content.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)

MAX_FILE_BYTES = 10_000_000
MAX_ATTACHMENTS = 100

# Factur-X 1.x and ZUGFeRD 2.x, ZUGFeRD 1.0 and 2.0, XRechnung in a PDF.
INVOICE_NAMES = ("factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml")

# pypdf unpacks 75 MB a stream by default, and hunts byte by byte through 5 MB of broken data.
PDF_LIMITS: Mapping[str, Any] = {
    "zlib_maximum_output_length": 20_000_000,
    "zlib_maximum_recovery_input_length": 100_000,
    "lzw_maximum_output_length": MAX_FILE_BYTES,
    "run_length_maximum_output_length": MAX_FILE_BYTES,
    "brotli_maximum_output_length": MAX_FILE_BYTES,
    "array_based_stream_maximum_output_length": 20_000_000,
    "stream_decoding_work_maximum_length": 60_000_000,
    "stream_filters_maximum_length": 4,
}

OTHER_FORMATS = (
    (b"PK\x03\x04", N_("un document bureautique ou une archive ZIP")),
    (b"\x89PNG", N_("une image PNG")),
    (b"\xff\xd8\xff", N_("une photo JPEG")),
    (b"GIF8", N_("une image GIF")),
    (b"\x1f\x8b", N_("une archive gzip")),
    (b"\xd0\xcf\x11\xe0", N_("un ancien document Office")),
    (b"{\\rtf", N_("un document RTF")),
)

EMPTY = N_("Le fichier est vide.")
TOO_BIG = N_("Le fichier dépasse %(limit)s\u00a0Mo.")
OTHER_FORMAT = N_("Ce fichier est %(format)s. Choisissez une facture Factur-X (PDF) ou CII (XML).")
UNKNOWN_FORMAT = N_(
    "Ce fichier n’est ni un PDF ni un XML. Choisissez une facture Factur-X (PDF) ou CII (XML)."
)
PDF_BROKEN = N_("Ce PDF est abîmé ou incomplet\u00a0: il n’a pas pu être lu.")
PDF_LOCKED = N_(
    "Ce PDF est protégé par chiffrement. Une facture Factur-X ne l’est jamais\u00a0: demandez l’original."
)
PDF_WITHOUT_XML = N_(
    "Ce PDF ne contient pas de facture électronique\u00a0: aucun XML Factur-X n’y est joint."
)
PDF_AMBIGUOUS = N_("Ce PDF contient plusieurs factures électroniques différentes.")
PDF_ACTIVE = N_("Ce PDF contient un programme\u00a0: il n’est pas accepté.")
PDF_WITH_FILES = N_(
    "Ce PDF porte en pièce jointe un fichier que nous n’acceptons pas\u00a0: "
    "du texte, des images et des PDF seulement."
)
PDF_XML_TOO_BIG = N_("Le XML joint à ce PDF dépasse %(limit)s\u00a0Mo.")


def open_container(data: bytes) -> tuple[bytes, bytes | None]:
    """The XML of the invoice, and the PDF that carries it (None for an XML file).

    Nothing is known yet of the XML beyond its size (10 MB at most, as the file). Raises EInvoiceError.
    """
    if not data:
        raise EInvoiceError("file", EMPTY)
    if len(data) > MAX_FILE_BYTES:
        raise EInvoiceError("file", TOO_BIG, {"limit": MAX_FILE_BYTES // 1_000_000})
    if _looks_like_xml(data):
        return data, None
    if b"%PDF-" in data[:1024]:
        return _xml_in_pdf(data), data
    for magic, name in OTHER_FORMATS:
        if data.startswith(magic):
            raise EInvoiceError("file", OTHER_FORMAT, {"format": Phrase(name)})
    raise EInvoiceError("file", UNKNOWN_FORMAT)


def _looks_like_xml(data: bytes) -> bool:
    start = data[:200].replace(b"\0", b"")  # UTF-16 has a zero beside each ASCII letter
    return re.match(rb"(\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\s*<", start) is not None


def _xml_in_pdf(data: bytes) -> bytes:
    from pypdf import PdfReader, apply_configuration  # slow to import, and an XML needs none of it

    try:
        with apply_configuration(**PDF_LIMITS):
            reader = PdfReader(BytesIO(data), root_object_recovery_limit=10_000)
            encrypted = reader.is_encrypted
            found = [] if encrypted else _invoice_files(reader)
    except Exception as broken:
        # pypdf raises whatever a hostile file makes it meet, and gives up on ciphers
        # it does not know before saying that the file is encrypted.
        msgid = PDF_LOCKED if b"/Encrypt" in data else PDF_BROKEN
        raise EInvoiceError("file", msgid) from broken
    if encrypted:
        raise EInvoiceError("file", PDF_LOCKED)
    xml = _the_only(found)
    _insist_harmless(data)
    return xml


def _insist_harmless(data: bytes) -> None:
    """The PDF is served to the client as it came."""
    from webdoc_app.integrations import pdf_checks

    msgids = {"broken": PDF_BROKEN, "locked": PDF_LOCKED, "active": PDF_ACTIVE, "files": PDF_WITH_FILES}
    try:
        pdf_checks.insist_harmless(data, attachments=pdf_checks.INERT, pages=False)
    except pdf_checks.PdfFault as fault:
        raise EInvoiceError("file", msgids[fault.kind]) from fault


def _invoice_files(reader: "PdfReader") -> list[bytes]:
    """Attachments under a known name; else any XML attachment, read later for what it is."""
    attachments = list(_xml_attachments(reader))
    known = [file for name, file in attachments if name in INVOICE_NAMES]
    return [file.content for file in known or [file for _, file in attachments]]


def _xml_attachments(reader: "PdfReader") -> Iterator[tuple[str, "EmbeddedFile"]]:
    for count, attachment in enumerate(reader.attachment_list):
        if count >= MAX_ATTACHMENTS:
            return
        # The tree's key may be anything; readers show the file specification's own name.
        names = [str(name).lower() for name in (attachment.alternative_name, attachment.name) if name]
        name = next((name for name in names if name in INVOICE_NAMES), names[0] if names else "")
        if name.endswith(".xml"):
            yield name, attachment


def _the_only(found: list[bytes]) -> bytes:
    different = list(dict.fromkeys(found))
    if not different:
        raise EInvoiceError("file", PDF_WITHOUT_XML)
    if len(different) > 1:
        raise EInvoiceError("file", PDF_AMBIGUOUS)
    if len(different[0]) > MAX_FILE_BYTES:
        raise EInvoiceError("file", PDF_XML_TOO_BIG, {"limit": MAX_FILE_BYTES // 1_000_000})
    return different[0]
