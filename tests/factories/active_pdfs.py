"""PDFs that do something, in as many ways as are known; and the forms such a thing can hide in.

Each takes a harmless PDF and gives one that is not.
"""

import re
import zlib
from collections.abc import Callable
from io import BytesIO

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream, String

from tests.factories import files

Spoil = Callable[[bytes], bytes]
ACTIVE: dict[str, Spoil] = {}


def script() -> Dictionary:
    return Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))


def changed(base: bytes, change: Callable[[Pdf], None], **options: object) -> bytes:
    out = BytesIO()
    with pikepdf.open(BytesIO(base)) as pdf:
        change(pdf)
        pdf.save(out, **options)  # type: ignore[arg-type]
    return out.getvalue()


def _way(name: str, change: Callable[[Pdf], None], **options: object) -> None:
    ACTIVE[name] = lambda base: changed(base, change, **options)


def annotation(pdf: Pdf, **entries: object) -> None:
    page = pdf.pages[0]
    made = Dictionary(Type=Name.Annot, Rect=Array([0, 0, 99, 99]), **entries)
    page.obj.Annots = Array([*page.obj.get("/Annots", []), pdf.make_indirect(made)])


def link(pdf: Pdf, action: pikepdf.Object) -> None:
    annotation(pdf, Subtype=Name.Link, A=action)


def on_opening(pdf: Pdf, action: pikepdf.Object) -> None:
    pdf.Root.OpenAction = action


def brings(pdf: Pdf, name: str, data: bytes, **entries: object) -> Dictionary:
    stream = pdf.make_stream(data)
    stream["/Type"] = Name.EmbeddedFile
    return pdf.make_indirect(
        Dictionary(Type=Name.Filespec, F=String(name), UF=String(name), EF=Dictionary(F=stream), **entries)
    )


def in_names(pdf: Pdf, tree: str, value: pikepdf.Object) -> None:
    names = pdf.Root.get("/Names", Dictionary())
    names[tree] = Dictionary(Names=Array([String("x"), value]))
    pdf.Root.Names = names


def form(pdf: Pdf, **entries: object) -> None:
    pdf.Root.AcroForm = Dictionary(Fields=Array([]), **entries)


def _bare(pdf: Pdf, *, hops: int) -> None:
    """An action whose kind stands elsewhere, so many references away."""
    target: pikepdf.Object = pdf.make_indirect(Name.JavaScript)
    on_opening(pdf, pdf.make_indirect(Dictionary(S=target, JS=String("1"))))
    for _ in range(hops):
        target = pdf.make_indirect(Dictionary(Next=target))


def _chain(pdf: Pdf) -> None:
    action: pikepdf.Object = pdf.make_indirect(script())
    for _ in range(300):
        action = pdf.make_indirect(Dictionary(S=Name.GoTo, D=String("x"), Next=action))
    link(pdf, action)


_way("opening: JavaScript", lambda pdf: on_opening(pdf, script()))
_way("opening: Launch", lambda pdf: on_opening(pdf, Dictionary(S=Name.Launch, F=String("cmd.exe"))))
_way("opening: link", lambda pdf: on_opening(pdf, Dictionary(S=Name.URI, URI=String("https://a.example"))))
_way("opening: print", lambda pdf: on_opening(pdf, Dictionary(S=Name.Named, N=Name.Print)))
_way(
    "opening: GoTo, then JavaScript",
    lambda pdf: on_opening(pdf, Dictionary(S=Name.GoTo, D=String("x"), Next=script())),
)
_way(
    "opening: several afterwards",
    lambda pdf: on_opening(
        pdf,
        Dictionary(
            S=Name.GoTo, D=String("x"), Next=Array([Dictionary(S=Name.GoTo, D=String("y")), script()])
        ),
    ),
)
_way("catalogue: AA", lambda pdf: pdf.Root.__setitem__("/AA", Dictionary(WC=script())))
_way("names: JavaScript", lambda pdf: in_names(pdf, "/JavaScript", script()))
_way("page: AA", lambda pdf: pdf.pages[0].obj.__setitem__("/AA", Dictionary(O=script())))
_way(
    "page: AA, by reference",
    lambda pdf: pdf.pages[0].obj.__setitem__(
        "/AA", pdf.make_indirect(Dictionary(O=pdf.make_indirect(script())))
    ),
)
_way("annotation: JavaScript", lambda pdf: link(pdf, script()))
_way("annotation: Launch", lambda pdf: link(pdf, Dictionary(S=Name.Launch, F=String("cmd.exe"))))
_way(
    "annotation: Launch, Windows",
    lambda pdf: link(pdf, Dictionary(S=Name.Launch, Win=Dictionary(F=String("cmd.exe")))),
)
_way("annotation: AA", lambda pdf: annotation(pdf, Subtype=Name.Highlight, AA=Dictionary(E=script())))
_way(
    "annotation: PA",
    lambda pdf: annotation(pdf, Subtype=Name.Link, PA=Dictionary(S=Name.JavaScript, JS=String("1"))),
)
_way(
    "annotation: SubmitForm",
    lambda pdf: link(pdf, Dictionary(S=Name.SubmitForm, F=String("https://a.example"))),
)
_way("annotation: ImportData", lambda pdf: link(pdf, Dictionary(S=Name.ImportData, F=String("a.fdf"))))
_way(
    "annotation: GoToR, another machine",
    lambda pdf: link(pdf, Dictionary(S=Name.GoToR, F=String("\\\\evil\\share\\a.pdf"), D=Array([0]))),
)
_way(
    "annotation: GoToE",
    lambda pdf: link(pdf, Dictionary(S=Name.GoToE, D=String("x"), T=Dictionary(R=Name.C))),
)
_way(
    "annotation: Rendition",
    lambda pdf: link(pdf, Dictionary(S=Name.Rendition, OP=0, R=Dictionary(S=Name.MR))),
)
_way("annotation: Movie action", lambda pdf: link(pdf, Dictionary(S=Name.Movie, T=String("x"))))
_way("annotation: Sound action", lambda pdf: link(pdf, Dictionary(S=Name.Sound)))
_way("annotation: unknown action", lambda pdf: link(pdf, Dictionary(S=Name.Whatever)))
_way(
    "annotation: Thread of another file",
    lambda pdf: link(pdf, Dictionary(S=Name.Thread, F=String("a.pdf"), D=0)),
)
_way("link: javascript:", lambda pdf: link(pdf, Dictionary(S=Name.URI, URI=String("java\tscript:alert(1)"))))
_way("link: file:", lambda pdf: link(pdf, Dictionary(S=Name.URI, URI=String("file:///etc/passwd"))))
_way("link: share", lambda pdf: link(pdf, Dictionary(S=Name.URI, URI=String("\\\\evil\\share"))))
_way(
    "link: base of a share", lambda pdf: pdf.Root.__setitem__("/URI", Dictionary(Base=String("file://evil/")))
)
_way("RichMedia", lambda pdf: annotation(pdf, Subtype=Name.RichMedia, RichMediaContent=Dictionary()))
_way("Screen", lambda pdf: annotation(pdf, Subtype=Name.Screen))
_way("Movie", lambda pdf: annotation(pdf, Subtype=Name.Movie, Movie=Dictionary(F=String("a.avi"))))
_way("Sound", lambda pdf: annotation(pdf, Subtype=Name.Sound, Sound=pdf.make_stream(b"x")))
_way("3D", lambda pdf: annotation(pdf, Subtype=Name("/3D")))
_way("form: AA of a field", lambda pdf: form(pdf, AA=Dictionary(K=script())))
_way("form: XFA", lambda pdf: form(pdf, XFA=pdf.make_stream(b"<xdp:xdp/>")))
_way(
    "outline: JavaScript",
    lambda pdf: pdf.Root.__setitem__(
        "/Outlines", Dictionary(First=pdf.make_indirect(Dictionary(Title=String("x"), A=script())))
    ),
)
_way("brings a program", lambda pdf: in_names(pdf, "/EmbeddedFiles", brings(pdf, "payload.exe", b"MZ\x90")))
_way(
    "brings a program called XML",
    lambda pdf: in_names(pdf, "/EmbeddedFiles", brings(pdf, "factur-x.xml", b"MZ\x90" + b"x" * 99)),
)
_way(
    "brings a program by another name",
    lambda pdf: in_names(pdf, "/EmbeddedFiles", brings(pdf, "factur-x.xml", b"<a/>", DOS=String("a.exe"))),
)
_way(
    "attached to an annotation",
    lambda pdf: annotation(pdf, Subtype=Name.FileAttachment, FS=brings(pdf, "factur-x.xml", b"<a/>")),
)
_way(
    "associated program",
    lambda pdf: pdf.pages[0].obj.__setitem__("/AF", Array([brings(pdf, "a.bat", b"del")])),
)
_way(
    "a file nothing names",
    lambda pdf: pdf.Root.__setitem__("/X", pdf.make_indirect(Stream(pdf, b"MZ", Type=Name.EmbeddedFile))),
)
_way("portfolio", lambda pdf: pdf.Root.__setitem__("/Collection", Dictionary(View=Name.D)))
_way(
    "data of another file",
    lambda pdf: pdf.Root.__setitem__("/X", pdf.make_indirect(Stream(pdf, b"", F=String("\\\\evil\\a")))),
)
_way(
    "page of another file",
    lambda pdf: pdf.Root.__setitem__(
        "/X",
        pdf.make_indirect(
            Stream(pdf, b"", Subtype=Name.Form, Ref=Dictionary(F=String("\\\\evil\\a"), Page=0))
        ),
    ),
)
_way("chain of 300 actions", _chain)
_way("kind by reference", lambda pdf: _bare(pdf, hops=0))
_way("object stream", lambda pdf: link(pdf, script()), object_stream_mode=pikepdf.ObjectStreamMode.generate)
_way(
    "encrypted without a password",
    lambda pdf: link(pdf, script()),
    encryption=pikepdf.Encryption(owner="a", user=""),
)
_way(
    "encrypted, in an object stream",
    lambda pdf: link(pdf, script()),
    encryption=pikepdf.Encryption(owner="a", user=""),
    object_stream_mode=pikepdf.ObjectStreamMode.generate,
)


def _raw(base: bytes, change: Callable[[Pdf], None]) -> bytes:
    plain = {"object_stream_mode": pikepdf.ObjectStreamMode.disable, "linearize": False}
    return changed(base, change, **plain)


def in_hexadecimal(base: bytes) -> bytes:
    data = _raw(base, lambda pdf: link(pdf, script()))
    return data.replace(b"/JavaScript", b"/#4a#61vaScr#69pt").replace(b"/JS ", b"/#4AS ")


def in_stale_bytes(base: bytes) -> bytes:
    """An object no table of contents leads to."""
    head, mark, tail = base.rpartition(b"startxref")
    return head + b"77 0 obj\n<</S % a comment\n/#4aavaScript/JS(1)>>\nendobj\n" + mark + tail


def revision(base: bytes, number: int, content: bytes, root: bytes = b"") -> bytes:
    """An incremental update that writes one object anew."""
    place = len(base) + 1
    last = int(re.findall(rb"startxref\s+(\d+)", base)[-1])
    with pikepdf.open(BytesIO(base)) as pdf:
        size, root_number = int(pdf.trailer.Size), pdf.Root.objgen[0]
    table = b"xref\n%d 1\n%010d 00000 n \n" % (number, place)
    body = b"\n%d 0 obj\n%s\nendobj\n" % (number, content)
    where = len(base) + len(body)
    trailer = b"trailer\n<</Size %d/Root %d 0 R/Prev %d>>\n" % (
        max(size, number + 1),
        root or root_number,
        last,
    )
    return base + body + table + trailer + b"startxref\n%d\n%%%%EOF\n" % where


def _root_of(base: bytes) -> tuple[int, bytes]:
    with pikepdf.open(BytesIO(base)) as pdf:
        return pdf.Root.objgen[0], pdf.Root.unparse(resolved=True)


def in_an_update(base: bytes) -> bytes:
    base = _raw(base, lambda pdf: None)
    number, root = _root_of(base)
    return revision(base, number, root[:-2] + b" /OpenAction <</S/JavaScript/JS(1)>> >>")


def in_an_earlier_revision(base: bytes) -> bytes:
    """In an object stream of the first revision, and written over by the second."""
    first = changed(
        base, lambda pdf: on_opening(pdf, script()), object_stream_mode=pikepdf.ObjectStreamMode.generate
    )
    number, root = _root_of(first)
    clean = re.sub(rb"/OpenAction << .*? >>", b"", root, flags=re.DOTALL)
    return revision(first, number, clean)


def in_a_stream_without_a_type(base: bytes) -> bytes:
    """Objects in a stream that only a wrong table of contents leads past."""
    with pikepdf.open(BytesIO(base)) as pdf:
        data = zlib.compress(b"90 0 <</S/Launch/F(cmd.exe)>>")
        stream = Stream(pdf, data, Type=Name.ObjStm, N=1, First=5, Filter=Name.FlateDecode)
        pdf.Root.X = pdf.make_indirect(stream)
        out = BytesIO()
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return out.getvalue()


def two_tables(base: bytes) -> bytes:
    """One object number twice: by the table it is harmless, by the order in the file it is not."""
    base = _raw(base, lambda pdf: None)
    number, root = _root_of(base)
    head, mark, tail = base.rpartition(b"xref\n0")
    spoilt = b"%d 0 obj\n%s /OpenAction <</S /Launch /F(cmd.exe)>> >>\nendobj\n" % (number, root[:-2])
    where = len(head) + len(spoilt)
    return re.sub(rb"startxref\s+\d+", b"startxref\n%d" % where, head + spoilt + mark + tail)


ACTIVE |= {
    "names in hexadecimal": in_hexadecimal,
    "an object nothing leads to": in_stale_bytes,
    "an update": in_an_update,
    "an earlier revision": in_an_earlier_revision,
    "a forgotten object stream": in_a_stream_without_a_type,
    "two tables of contents": two_tables,
}


def harmless() -> dict[str, bytes]:
    """What people send: links, outlines, forms, signatures' updates, attachments of invoices, sloppy writers."""
    base = files.pdf()

    def of(change: Callable[[Pdf], None], **options: object) -> bytes:
        return changed(base, change, **options)

    def outlined(pdf: Pdf) -> None:
        with pdf.open_outline() as outline:
            outline.root.append(pikepdf.OutlineItem("Using /JavaScript (and /S /Launch)", 0))

    def fields(pdf: Pdf) -> None:
        annotation(pdf, Subtype=Name.Widget, FT=Name.Tx, T=String("nom"), V=String("/AA"))
        pdf.Root.AcroForm = Dictionary(Fields=Array(list(pdf.pages[0].obj.Annots)), NeedAppearances=True)

    plain = _raw(base, lambda pdf: None)
    number, root = _root_of(plain)
    return {
        "blank": base,
        "web link": of(lambda pdf: link(pdf, Dictionary(S=Name.URI, URI=String("https://example.fr/a?b=c")))),
        "mail link": of(lambda pdf: link(pdf, Dictionary(S=Name.URI, URI=String("mailto:a@example.fr")))),
        "bare link": of(lambda pdf: link(pdf, Dictionary(S=Name.URI, URI=String("www.example.fr")))),
        "inner link": of(
            lambda pdf: link(pdf, Dictionary(S=Name.GoTo, D=Array([pdf.pages[0].obj, Name.Fit])))
        ),
        "opens at a page": of(lambda pdf: on_opening(pdf, Array([pdf.pages[0].obj, Name.Fit]))),
        "opens by GoTo": of(
            lambda pdf: on_opening(pdf, Dictionary(S=Name.GoTo, D=Array([pdf.pages[0].obj, Name.Fit])))
        ),
        "outline": of(outlined),
        "form": of(fields),
        "object streams": of(lambda pdf: None, object_stream_mode=pikepdf.ObjectStreamMode.generate),
        "linearized": of(lambda pdf: None, linearize=True),
        "no password needed": of(lambda pdf: None, encryption=pikepdf.Encryption(owner="a", user="")),
        "updated": revision(plain, number, root),
        "e-invoice": of(lambda pdf: in_names(pdf, "/EmbeddedFiles", brings(pdf, "factur-x.xml", b"<a/>"))),
        "font called AA": of(
            lambda pdf: pdf.pages[0].obj.__setitem__(
                "/Resources",
                Dictionary(
                    Font=Dictionary(
                        AA=Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
                    )
                ),
            )
        ),
        "wrong place of the table": re.sub(rb"startxref\s+\d+", b"startxref\n7", plain),
        "words in a page": of(
            lambda pdf: pdf.pages[0].obj.__setitem__(
                "/Contents", pdf.make_stream(b"BT (see /JavaScript, /AA) Tj ET")
            )
        ),
    }
