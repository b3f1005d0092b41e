"""Files as people send them, and as they should not."""

import struct
import zlib
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pikepdf
from PIL import Image


def pdf(**catalogue: object) -> bytes:
    """A PDF of one page; `catalogue` holds more entries of its root."""
    out = BytesIO()
    with pikepdf.new() as made:
        made.add_blank_page()
        for name, value in catalogue.items():
            made.Root[f"/{name}"] = value  # type: ignore[assignment]
        made.save(out)
    return out.getvalue()


def pdf_with_script() -> bytes:
    action = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(1)"))
    return pdf(OpenAction=action)


def locked_pdf() -> bytes:
    out = BytesIO()
    with pikepdf.new() as made:
        made.add_blank_page()
        made.save(out, encryption=pikepdf.Encryption(owner="a", user="b"))
    return out.getvalue()


def picture(format_: str = "PNG", size: tuple[int, int] = (40, 30), **options: object) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, "#c33").save(out, format_, **options)
    return out.getvalue()


def huge_png(side: int = 30_000) -> bytes:
    """A few hundred bytes that say they are gigabytes of pixels."""

    def chunk(type_: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + type_ + data + struct.pack(">I", zlib.crc32(type_ + data))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 99))
        + chunk(b"IEND", b"")
    )


def zipped(size: int = 20_000_000) -> bytes:
    """A small archive of something large."""
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        archive.writestr("a", b"\0" * size)
    return out.getvalue()


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
