"""Files people send along: PDF, PNG and JPEG, judged by what they hold. Pictures are written anew, pixels alone."""

import logging
import re
import zipfile
from dataclasses import dataclass
from io import BytesIO

from webdoc_app.domain.errors import Invalid, TooLarge
from webdoc_app.integrations.einvoice.container import PDF_LIMITS

logging.getLogger("pypdf").setLevel(logging.CRITICAL)

MAX_BYTES = 10_000_000
MAX_PIXELS = 64_000_000
"""More than a telephone's picture has; a decompression bomb says more, and is not unpacked."""
LONGEST_SIDE = 4_000
LONGEST_NAME = 120
MOST_PAGES = 2_000

_PDF, _PNG, _JPEG = "application/pdf", "image/png", "image/jpeg"
_ENDINGS = {_PDF: ("pdf",), _PNG: ("png",), _JPEG: ("jpg", "jpeg")}
_FIRST_BYTES = {b"%PDF-": _PDF, b"\x89PNG\r\n\x1a\n": _PNG, b"\xff\xd8\xff": _JPEG}

OTHER_KIND = "Seuls les fichiers PDF, PNG et JPEG sont acceptés."
TWO_IN_ONE = "Ce fichier en cache un autre : il n’est pas accepté."
BROKEN_PDF = "Ce PDF est abîmé ou incomplet : il n’a pas pu être lu."
ACTIVE_PDF = "Ce PDF contient un programme : il n’est pas accepté."
LOCKED_PDF = "Ce PDF est protégé par un mot de passe : il n’est pas accepté."
BROKEN_PICTURE = "Cette image est abîmée ou incomplète : elle n’a pas pu être lue."
LARGE_PICTURE = "Cette image est trop grande : 64 millions de points au plus."


@dataclass(frozen=True)
class CheckedFile:
    """A file as it may be kept and served: a plain name, its type, its bytes."""

    name: str
    media_type: str
    data: bytes


def check_upload(data: bytes, name: str) -> CheckedFile:
    """Takes time for large pictures: call it off the event loop.

    Raises TooLarge above 10 MB; Invalid on `file` for anything but a sound PDF, PNG or JPEG under a plain name.
    """
    if len(data) > MAX_BYTES:
        raise TooLarge("Ce fichier est trop lourd : 10 Mo au plus.")
    if not data:
        raise _refused("Ce fichier est vide.")
    _insist_plain_name(name)
    media_type = next((type_ for first, type_ in _FIRST_BYTES.items() if data.startswith(first)), "")
    if not media_type:
        raise _refused(OTHER_KIND)
    if zipfile.is_zipfile(BytesIO(data)):
        raise _refused(TWO_IN_ONE)
    if media_type == _PDF:
        _insist_sound_pdf(data)
    else:
        data = _picture_anew(data, media_type)
    return CheckedFile(_named(name, media_type), media_type, data)


def _refused(sentence: str) -> Invalid:
    return Invalid.one("file", sentence)


def _insist_plain_name(name: str) -> None:
    if re.search(r"[/\\\x00-\x1f\x7f-\x9f\ud800-\udfff]|\.\.|^[A-Za-z]:", name) or name.strip(" .") == "":
        raise _refused(
            "Ce nom de fichier n’est pas accepté : il contient un chemin ou des caractères interdits."
        )


def _named(name: str, media_type: str) -> str:
    """The given name without controls of writing direction, ending in what the file is."""
    plain = re.sub('[\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"<>|*?:]', "", name).strip(" .")
    stem, dot, ending = plain.rpartition(".")
    if not dot or ending.lower() not in _ENDINGS[media_type]:
        stem, ending = plain, _ENDINGS[media_type][0]
    return f"{stem[:LONGEST_NAME].strip(' .') or 'fichier'}.{ending.lower()}"


def _insist_sound_pdf(data: bytes) -> None:
    """A PDF from its first byte to its last, that pypdf reads within bounds, and that starts no program."""
    from pypdf import PdfReader, apply_configuration  # slow to import

    _, mark, rest = data.rpartition(b"%%EOF")
    if not mark or rest.strip(b"\0 \t\r\n"):
        raise _refused(TWO_IN_ONE if mark else BROKEN_PDF)
    try:
        with apply_configuration(**PDF_LIMITS):
            reader = PdfReader(BytesIO(data), root_object_recovery_limit=10_000)
            locked = reader.is_encrypted
            active = not locked and _starts_something(reader.trailer["/Root"])
            pages = 1 if locked else len(reader.pages)
    except Exception as broken:
        raise _refused(LOCKED_PDF if b"/Encrypt" in data else BROKEN_PDF) from broken
    if locked:
        raise _refused(LOCKED_PDF)
    if active:
        raise _refused(ACTIVE_PDF)
    if not 0 < pages <= MOST_PAGES:
        raise _refused(BROKEN_PDF)


def _starts_something(root: object) -> bool:
    from pypdf.generic import DictionaryObject

    if not isinstance(root, DictionaryObject):
        raise ValueError("no catalogue")
    names = root.get("/Names")
    names = names.get_object() if names is not None else {}
    if "/AA" in root or (isinstance(names, DictionaryObject) and "/JavaScript" in names):
        return True
    action = root.get("/OpenAction")
    action = action.get_object() if action is not None else None
    return isinstance(action, DictionaryObject) and action.get("/S") in ("/JavaScript", "/Launch", "/URI")


def _picture_anew(data: bytes, media_type: str) -> bytes:
    """Decoded and written again, upright, at most 4000 px a side: nothing of the file but its pixels is kept."""
    from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

    ImageFile.LOAD_TRUNCATED_IMAGES = False  # WeasyPrint turns it on for whoever shares its process
    format_ = "PNG" if media_type == _PNG else "JPEG"
    try:
        with Image.open(BytesIO(data), formats=(format_,)) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise _refused(LARGE_PICTURE)
            picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG is read at a fraction of its size
            upright = ImageOps.exif_transpose(picture)
            upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            has_alpha = format_ == "PNG" and upright.has_transparency_data
            pixels = upright.convert("RGBA" if has_alpha else "RGB")
            clean = Image.new(pixels.mode, pixels.size)
            clean.paste(pixels)
            out = BytesIO()
            clean.save(out, format_, **({} if format_ == "PNG" else {"quality": 90}))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
        raise _refused(LARGE_PICTURE) from bomb
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as broken:
        raise _refused(BROKEN_PICTURE) from broken
    if out.tell() > MAX_BYTES:
        raise _refused(LARGE_PICTURE)
    return out.getvalue()
