"""Headers of mails from anywhere: decoded, on one line, bounded, never believed."""

import re
from contextlib import suppress
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses

LONGEST = 4_000
"""Characters of a header that are looked at."""

_ADDRESS = r"[^@\s<>,;:\"()\[\]\\]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}\.)+[A-Za-z0-9-]{2,63}"
_ONE_SENDER = re.compile(rf"(?P<name>[^<>]*)<\s*(?P<address>{_ADDRESS})\s*>\s*|\s*(?P<alone>{_ADDRESS})\s*")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")


def header(message: Message, name: str) -> str:
    """The first header of a name, decoded; empty where there is none."""
    return next(iter(headers(message, name)), "")


def headers(message: Message, name: str) -> list[str]:
    return [_decoded(str(value)[:LONGEST]) for value in message.get_all(name, [])]


def plain_headers(message: Message, name: str) -> list[str]:
    """As they stand: addresses and marks are never in encoded words."""
    return [on_one_line(str(value)[:LONGEST]) for value in message.get_all(name, [])]


def _decoded(value: str) -> str:
    """An unknown charset, broken base64: as it stands."""
    with suppress(HeaderParseError, LookupError, UnicodeError, ValueError):
        value = str(make_header(decode_header(value)))
    return on_one_line(value)


def on_one_line(value: str) -> str:
    return _CONTROLS.sub(" ", value).strip()


def sender_of(message: Message) -> tuple[str, str]:
    """Name and address of the one sender; both empty where there are several, none, or a writing that is not plain.

    The address is read before anything is decoded: an encoded word cannot pretend to be one.
    """
    values = plain_headers(message, "From")
    found = _ONE_SENDER.fullmatch(values[0]) if len(values) == 1 else None
    if found is None:
        return "", ""
    name = _decoded(found["name"] or "").strip(" \"'")
    return name[:200], found["address"] or found["alone"]


def recipients_of(message: Message) -> list[str]:
    """Every address a mail says it went to; most trusted first."""
    names = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "to", "cc")
    values = [value for name in names for value in plain_headers(message, name)[:5]]
    return [address for _, address in getaddresses(values) if "@" in address][:50]


def message_ids(value: str) -> list[str]:
    """`<a@b> <c@d>` -> both, brackets kept."""
    return re.findall(r"<[^<>\s@]{1,200}@[^<>\s@]{1,200}>", value)[:50]
