"""Files people send along: PDF, PNG and JPEG, judged by what they hold. Pictures are written anew, pixels alone."""

import re
import zipfile
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from webdoc_app.domain.errors import Invalid, TooLarge

MAX_BYTES = 10_000_000
LONGEST_NAME = 120

_PDF, _PNG, _JPEG = "application/pdf", "image/png", "image/jpeg"
_ENDINGS = {_PDF: ("pdf",), _PNG: ("png",), _JPEG: ("jpg", "jpeg")}
_FIRST_BYTES = {b"%PDF-": _PDF, b"\x89PNG\r\n\x1a\n": _PNG, b"\xff\xd8\xff": _JPEG}

OTHER_KIND = "Seuls les fichiers PDF, PNG et JPEG sont acceptés."
TWO_IN_ONE = "Ce fichier en cache un autre : il n’est pas accepté."
BROKEN_PDF = "Ce PDF est abîmé ou incomplet : il n’a pas pu être lu."
ACTIVE_PDF = "Ce PDF contient un programme : il n’est pas accepté."
LOCKED_PDF = "Ce PDF est protégé par un mot de passe : il n’est pas accepté."
BROKEN_PICTURE = "Cette image est abîmée ou incomplète : elle n’a pas pu être lue."
TOO_LARGE = "Ce fichier est trop lourd : 10 Mo au plus."
LARGE_PICTURE = "Cette image est trop grande : 64 millions de points au plus."
LARGE_PNG = "Cette image est trop grande : 24 millions de points au plus en PNG, 64 en JPEG."
WITH_FILES = "Ce PDF contient d’autres fichiers : il n’est pas accepté."
UNREADABLE = "Ce fichier n’a pas pu être lu : il est abîmé, ou demande trop de travail."

_PDF_FAULTS = {"broken": BROKEN_PDF, "locked": LOCKED_PDF, "active": ACTIVE_PDF, "files": WITH_FILES}


@dataclass(frozen=True)
class CheckedFile:
    """A file as it may be kept and served: a plain name, its type, its bytes."""

    name: str
    media_type: str
    data: bytes


def check_upload(data: bytes, name: str) -> CheckedFile:
    """Takes time and memory by what is in the file: done in a child process (services/decoding.py).

    Raises TooLarge above 10 MB; Invalid on `file` for anything but a sound PDF, PNG or JPEG under a plain name.
    """
    if len(data) > MAX_BYTES:
        raise TooLarge(TOO_LARGE)
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
    """A PDF from its first byte to its last, which starts nothing and brings no programs along."""
    from webdoc_app.integrations import pdf_checks

    _, mark, rest = data.rpartition(b"%%EOF")
    if not mark or rest.strip(b"\0 \t\r\n"):
        raise _refused(TWO_IN_ONE if mark else BROKEN_PDF)
    try:
        pdf_checks.insist_harmless(data, attachments=pdf_checks.INVOICES)
    except pdf_checks.PdfFault as fault:
        raise _refused(_PDF_FAULTS[fault.kind]) from fault


def _picture_anew(data: bytes, media_type: str) -> bytes:
    from webdoc_app.integrations import pictures

    try:
        anew = pictures.picture_anew(data, "PNG" if media_type == _PNG else "JPEG")
    except pictures.TooManyPixels as large:
        raise _refused(LARGE_PNG if media_type == _PNG else LARGE_PICTURE) from large
    except pictures.BrokenPicture as broken:
        raise _refused(BROKEN_PICTURE) from broken
    if len(anew) > MAX_BYTES:
        raise _refused(LARGE_PNG if media_type == _PNG else LARGE_PICTURE)
    return anew


def check_apart(data: bytes, *, name: str) -> tuple[dict[str, Any], bytes]:
    """`check_upload` for a child process: what it refuses, and what it keeps, as data."""
    try:
        file = check_upload(data, name)
    except Invalid as invalid:
        return {"refused": invalid.errors[0].sentence}, b""
    except MemoryError:
        return {"refused": UNREADABLE}, b""
    return {"name": file.name, "media_type": file.media_type}, file.data
