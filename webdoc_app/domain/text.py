"""What a text may hold. Markup and bidirectional controls are let in and neutralised where shown."""

import re

from webdoc_app.domain.errors import Invalid

NAME, TITLE, TEXT, MESSAGE = 200, 300, 5_000, 10_000
"""Longest texts, in characters."""

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_EMAIL = re.compile(r"[^@\s<>,;:\"()\[\]\\]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}\.)+[A-Za-z0-9-]{2,63}")


def clean(value: str, *, field: str, limit: int, required: bool = False) -> str:
    """The text as it is kept: CRLF as LF (forms send CRLF), outer blanks gone.

    Raises Invalid naming `field`: too long, control characters other than tab and newline, lone surrogates,
    empty although required.
    """
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    if _FORBIDDEN.search(text):
        raise Invalid.one(field, "Ce texte contient des caractères de contrôle.")
    text = text.strip()
    if len(text) > limit:
        raise Invalid.one(field, "Ce texte est trop long : %(limit)s caractères au plus.", limit=limit)
    if required and not text:
        raise Invalid.one(field, "Cette information est nécessaire.")
    return text


def clean_line(value: str, *, field: str, limit: int, required: bool = False) -> str:
    """A text on one line (a name, a title): newlines and tabs become blanks."""
    return clean(re.sub(r"[\t\r\n]+", " ", value), field=field, limit=limit, required=required)


def clean_email(value: str, *, field: str, required: bool = False) -> str:
    """An address a mail can be sent to, or an empty text. Header injection has no way in."""
    text = clean(value, field=field, limit=NAME, required=required)
    if text and (len(text) > 254 or not _EMAIL.fullmatch(text)):
        raise Invalid.one(field, "Cette adresse électronique ne semble pas correcte.")
    return text
