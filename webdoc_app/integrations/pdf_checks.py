"""PDFs of strangers: nothing in them may run, open, send or bring along what is not looked at.

All objects are looked at, reachable or not, not the catalogue alone: as the table of contents (xref) tells them, as a
reader finds them that has lost it, and as every earlier revision tells them. qpdf knows the forms a name can hide in
(`#4a`, object streams, encryption, references). Why each way is looked at: docs/decisions/0015-files-of-strangers.md.

Takes time and memory by what is in the file: done in a child process (services/decoding.py).
"""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Literal

from webdoc_app.integrations import pdf_attachments
from webdoc_app.integrations.pdf_faults import PdfFault

if TYPE_CHECKING:
    import pikepdf

__all__ = ["INERT", "INVOICES", "NOTHING", "PdfFault", "insist_harmless"]

Attachments = Literal["nothing", "invoices", "inert"]
NOTHING: Attachments = "nothing"
INVOICES: Attachments = "invoices"
"""The XML of an e-invoice, and the facts beside our own certificates."""
INERT: Attachments = "inert"
"""Also what an invoice brings along as its proof: texts, tables, pictures, PDFs that are harmless themselves."""

MOST_OBJECTS, MOST_REVISIONS, MOST_PAGES = 300_000, 50, 2_000

PROGRAMS = frozenset(
    {
        "/JavaScript",
        "/Launch",
        "/SubmitForm",
        "/ImportData",
        "/GoToR",
        "/GoToE",
        "/Rendition",
        "/Movie",
        "/Sound",
        "/GoTo3DView",
        "/RichMediaExecute",
    }
)
"""Actions that start something or reach for other files (ISO 32000-2, 12.6.4)."""
PEACEFUL = frozenset(
    {"/GoTo", "/GoToDp", "/URI", "/Named", "/Thread", "/Hide", "/ResetForm", "/SetOCGState", "/Trans"}
)
"""Actions within the document, and links, whose addresses are looked at."""
ANNOTATIONS = frozenset({"/RichMedia", "/Movie", "/Sound", "/Screen", "/3D", "/FileAttachment"})
KEYS = frozenset(
    {
        "/JS",
        "/JavaScript",
        "/XFA",
        "/RichMediaContent",
        "/RichMediaSettings",
        "/Rendition",
        "/Navigator",
        "/Collection",
    }
)
"""Keys of dictionaries that only programs and their kin have."""

_END = rb"(?=[\0\t\n\f\r /()<>\[\]{}%]|$)"
_TOLD = (
    PROGRAMS | ANNOTATIONS | KEYS | {"/AA", "/OpenAction", "/EF", "/URI", "/A", "/PA", "/Next", "/Ref", "/PS"}
)
_ANY = b"|".join(name[1:].encode() for name in sorted(_TOLD))
_SUSPECT = re.compile(rb"/(?:EmbeddedFiles?|" + _ANY + rb")" + _END)
_STRINGS = re.compile(rb"\((?:[^()\\]|\\.)*\)", re.DOTALL)
_BLANKS = rb"(?:[\0\t\n\f\r ]|%[^\r\n]{0,200}[\r\n]){0,20}"
_WRITTEN_OUT = re.compile(
    rb"/S" + _BLANKS + rb"/(?:" + b"|".join(name[1:].encode() for name in sorted(PROGRAMS)) + rb")" + _END
)
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_ADDRESS = re.compile(r"(https?|mailto|tel|sms):|(?![a-z][a-z0-9+.-]*:|[/\\])", re.IGNORECASE)
"""Of a link: for people, or without a scheme; a path or another machine's share is none."""

_REPAIRED = re.compile(
    r"file is damaged|xref not found|can't find startxref|[Aa]ttempting to reconstruct|reported number of objects|"
    r"attempting to recover stream length|recovered stream length|expected endobj|expected endstream"
)
"""What sloppy programs write and every reader mends the same way; whatever else is odd is refused."""


def insist_harmless(
    data: bytes, *, attachments: Attachments = NOTHING, pages: bool = True, depth: int = 0
) -> None:
    """A whole PDF in which nothing starts anything; `pages` insists on 1 to 2000. Raises PdfFault."""
    import pikepdf

    try:
        with pikepdf.open(BytesIO(data)) as pdf:
            _look_through(pdf, attachments, depth)
            odd = [str(warning) for warning in pdf.get_warnings() if not _REPAIRED.search(str(warning))]
            if odd or (pages and not 0 < len(pdf.pages) <= MOST_PAGES):
                raise PdfFault("broken")
    except pikepdf.PasswordError as locked:
        raise PdfFault("locked") from locked
    except (
        pikepdf.PdfError,
        pikepdf.DataDecodingError,
        ValueError,
        TypeError,
        RuntimeError,
        MemoryError,
    ) as broken:
        raise PdfFault("locked" if b"/Encrypt" in data else "broken") from broken
    _insist_not_written_out(data)
    for other in _other_readings(data):
        try:
            with pikepdf.open(BytesIO(other)) as pdf:
                _look_through(pdf, attachments, depth)
        except (pikepdf.PdfError, pikepdf.DataDecodingError, ValueError, TypeError, RuntimeError):
            continue  # nobody else can read it so either


def _other_readings(data: bytes) -> Iterator[bytes]:
    """The file without its table of contents, and every earlier revision of it."""
    yield data.replace(b"startxref", b"startxrex")
    ends = [match.end() for match in re.finditer(rb"%%EOF", data)][:-1]
    if len(ends) > MOST_REVISIONS:
        raise PdfFault("broken")
    for end in ends:
        yield data[:end] + b"\n"


def _insist_not_written_out(data: bytes) -> None:
    """Nowhere in these bytes, whether or not anything leads there, stands an action that is a program."""
    if _WRITTEN_OUT.search(_ESCAPED.sub(lambda code: bytes([int(code[1], 16)]), data)):
        raise PdfFault("active")


def _look_through(pdf: "pikepdf.Pdf", attachments: Attachments, depth: int) -> None:
    import pikepdf

    told: set[tuple[int, int]] = set()
    brought: set[tuple[int, int]] = set()
    for count, item in enumerate(pdf.objects):
        if count > MOST_OBJECTS:
            raise PdfFault("broken")
        if not isinstance(item, pikepdf.Object):
            continue  # a number, a truth value or nothing: Python's own, and harmless
        if isinstance(item, pikepdf.Stream):
            _look_at_stream(item, brought)
        text = _STRINGS.sub(
            b"()", (item.stream_dict if isinstance(item, pikepdf.Stream) else item).unparse(resolved=True)
        )
        if _SUSPECT.search(text):
            for container in _containers(item):
                _look_at(container)
                told |= pdf_attachments.looked_at(container, attachments, depth)
    if brought - told:
        raise PdfFault("files")


def _look_at_stream(stream: "pikepdf.Stream", brought: set[tuple[int, int]]) -> None:
    type_ = stream.get("/Type")
    if type_ == "/ObjStm":
        _insist_not_written_out(stream.read_bytes())
    elif type_ == "/EmbeddedFile":
        brought.add(stream.objgen)
    if "/F" in stream or "/FFilter" in stream:
        raise PdfFault("active")  # its data lies in another file


def _containers(item: "pikepdf.Object") -> Iterator["pikepdf.Object"]:
    """An object and the dictionaries written inside it; what it refers to comes by itself."""
    import pikepdf

    waiting = [item]
    while waiting:
        each = waiting.pop()
        if isinstance(each, pikepdf.Array):
            inside = list(each)
        elif isinstance(each, pikepdf.Dictionary | pikepdf.Stream):
            yield each
            inside = list(each.values())
        elif isinstance(each, pikepdf.Name) and str(each) in PROGRAMS:
            raise PdfFault("active")  # a name by itself, for an action to refer to
        else:
            continue
        waiting += [value for value in inside if _is_container(value) and not value.is_indirect]


def _is_container(value: object) -> bool:
    import pikepdf

    return isinstance(value, pikepdf.Dictionary | pikepdf.Array)


def _look_at(container: "pikepdf.Object") -> None:
    import pikepdf

    names = set(container.keys())
    if names & KEYS or _name(container, "/S") in PROGRAMS or _name(container, "/Subtype") in ANNOTATIONS:
        raise PdfFault("active")
    if "/AA" in names and not _is_resource(container["/AA"]):
        raise PdfFault("active")
    for key in ("/A", "/PA", "/Next", "/OpenAction"):
        value = container.get(key)
        for action in value if isinstance(value, pikepdf.Array) and key == "/Next" else [value]:
            _look_at_action(action, key)
    if "/URI" in names:
        _look_at_address(container["/URI"])
    if _name(container, "/S") == "/Thread" and "/F" in names:
        raise PdfFault("active")
    if _name(container, "/Subtype") == "/Form" and "/Ref" in names:
        raise PdfFault("active")  # the page of another file
    if _name(container, "/Subtype") == "/PS":
        raise PdfFault("active")


def _look_at_action(action: object, key: str) -> None:
    import pikepdf

    if not isinstance(action, pikepdf.Dictionary) or "/S" not in action:
        return
    if key == "/OpenAction" and (_name(action, "/S") != "/GoTo" or "/Next" in action):
        raise PdfFault("active")
    if _name(action, "/S") not in PEACEFUL:
        raise PdfFault("active")


def _look_at_address(value: object) -> None:
    import pikepdf

    if isinstance(value, pikepdf.Dictionary):  # the catalogue's: what relative links start from
        value = value.get("/Base", pikepdf.String(""))
    if not isinstance(value, pikepdf.String):
        raise PdfFault("active")
    if not _ADDRESS.match(re.sub(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\ufeff]", "", str(value))):
        raise PdfFault("active")


def _is_resource(value: object) -> bool:
    """A font or picture that happens to be called AA; what acts has no such type, and is looked at in any case."""
    import pikepdf

    if isinstance(value, pikepdf.Stream):
        return True
    return isinstance(value, pikepdf.Dictionary) and _name(value, "/Type") in ("/Font", "/ExtGState")


def _name(container: "pikepdf.Object", key: str) -> str:
    import pikepdf

    value = container.get(key)
    return str(value) if isinstance(value, pikepdf.Name) else ""
