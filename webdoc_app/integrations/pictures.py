"""Pictures of strangers, decoded and written anew: nothing of a file but its pixels is kept.

Decoding takes memory by the picture's size, not the file's: it is done apart (services/decoding.py). A picture is
made small before anything is copied.
"""

from io import BytesIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL import Image

MAX_JPEG_PIXELS = 64_000_000
"""More than a telephone's picture has. A JPEG is read at a fraction of its size where that is above the next one."""
MAX_DECODED_PIXELS = 24_500_000
"""A PNG has to be unpacked whole: 4 bytes for each of its points."""
LONGEST_SIDE = 4_000
LOGO_SIDE, MAX_LOGO_PIXELS = 480, 40_000_000
SIGNATURE_SIDE, MAX_SIGNATURE_PIXELS = 600, 2_000_000


class TooManyPixels(Exception):
    """The picture is larger than `limit` points."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"more than {limit} pixels")
        self.limit = limit


class BrokenPicture(Exception):
    """It cannot be decoded."""


def picture_anew(data: bytes, format_: str) -> bytes:
    """A PNG or JPEG (`format_`), upright, at most 4000 px a side. Raises TooManyPixels, BrokenPicture."""
    return _decoded(data, (format_,), lambda picture: _anew(picture, format_))


def logo_png(data: bytes) -> bytes:
    """A PNG of at most 480 px a side, of a PNG or JPEG. Raises TooManyPixels, BrokenPicture."""
    return _decoded(data, ("PNG", "JPEG"), _logo)


def signature_png(data: bytes) -> bytes:
    """A drawn PNG in black on white, at most 600 px a side. Raises TooManyPixels, BrokenPicture."""
    return _decoded(data, ("PNG",), _on_paper)


def picture_apart(data: bytes, *, maker: str, **options: Any) -> tuple[dict[str, Any], bytes]:
    """One of the above by its name, for a child process: what it refuses is told as data."""
    makers: dict[str, Any] = {"logo": logo_png, "signature": signature_png}
    try:
        return {}, makers[maker](data, **options)
    except TooManyPixels as large:
        return {"refused": "large", "limit": large.limit}, b""
    except (BrokenPicture, MemoryError):
        return {"refused": "broken"}, b""


def _decoded(data: bytes, formats: tuple[str, ...], make: Any) -> bytes:
    from PIL import Image, ImageFile, UnidentifiedImageError

    ImageFile.LOAD_TRUNCATED_IMAGES = False  # WeasyPrint turns it on for whoever shares its process
    Image.MAX_IMAGE_PIXELS = None  # the limits here are by format, and refuse rather than warn
    try:
        with Image.open(BytesIO(data), formats=formats) as picture:
            made: bytes = make(picture)
            return made
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as broken:
        raise BrokenPicture(str(broken)) from broken


def _anew(picture: "Image.Image", format_: str) -> bytes:
    from PIL import ImageOps

    picture = _small(picture, LONGEST_SIDE)
    ImageOps.exif_transpose(picture, in_place=True)
    has_alpha = format_ == "PNG" and picture.has_transparency_data
    pixels = _in_mode(picture, "RGBA" if has_alpha else "RGB")
    out = BytesIO()
    pixels.save(out, format_, **({} if format_ == "PNG" else {"quality": 90}))
    return out.getvalue()


def _logo(picture: "Image.Image") -> bytes:
    out = BytesIO()
    _in_mode(_small(picture, LOGO_SIDE, MAX_LOGO_PIXELS), "RGBA").save(out, "PNG", optimize=True)
    return out.getvalue()


def _on_paper(picture: "Image.Image") -> bytes:
    from PIL import Image

    if picture.width * picture.height > MAX_SIGNATURE_PIXELS:
        raise TooManyPixels(MAX_SIGNATURE_PIXELS)
    drawn = picture.convert("RGBA")
    paper = Image.new("RGBA", drawn.size, "white")
    paper.alpha_composite(drawn)
    drawing = paper.convert("L")
    drawing.thumbnail((SIGNATURE_SIDE, SIGNATURE_SIDE))
    out = BytesIO()
    drawing.save(out, "PNG", optimize=True)
    return out.getvalue()


def _small(picture: "Image.Image", side: int, most: int = MAX_JPEG_PIXELS) -> "Image.Image":
    """At most `side` px, in place where that can be; a JPEG is decoded at a fraction of its size."""
    pixels = picture.width * picture.height
    if pixels > most:
        raise TooManyPixels(most)
    if picture.format == "JPEG":
        # The decoder halves while both sides stay above what is asked for.
        share = min(1.0, side / max(picture.size), 0.5 if pixels > MAX_DECODED_PIXELS else 1.0)
        picture.draft("RGB", (max(1, int(picture.width * share)), max(1, int(picture.height * share))))
    elif pixels > MAX_DECODED_PIXELS:
        raise TooManyPixels(MAX_DECODED_PIXELS)
    if picture.mode in ("1", "P", "PA"):  # the colours of a palette cannot be mixed
        picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    picture.thumbnail((side, side))
    return picture


def _in_mode(picture: "Image.Image", mode: str) -> "Image.Image":
    """Without a copy where it is in that mode already; what else the file said is forgotten."""
    pixels = picture if picture.mode == mode else picture.convert(mode)
    pixels.info = {}
    return pixels
