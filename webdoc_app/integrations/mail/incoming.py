"""Mails that come in, read within bounds: who says they wrote, to whom, in what words, with which files.

Nothing here is believed; services/incoming.py judges it.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from typing import Any

from webdoc_app.integrations.mail.headers import (
    header,
    message_ids,
    on_one_line,
    plain_headers,
    recipients_of,
    sender_of,
)
from webdoc_app.integrations.mail.quotes import words_of_html, words_of_text

MAX_BYTES = 20_000_000
"""A file of 10 MB grows by a third on its way, and one more fits beside it."""
MOST_PARTS, MOST_FILES = 60, 10
MOST_HEADER_BYTES = 256_000
SMALLEST_INLINE = 20_000
"""Bytes: pictures inside the text below this are logos of signatures."""


class Unreadable(Exception):
    """A mail that is not looked at; the message says why, without its content."""


@dataclass(frozen=True)
class Incoming:
    """`automatic` names the mark of a machine that answered, empty for a person; `verdict` is what the believed
    server said of the sender (`pass`, `fail`, …), empty where it said nothing. `words` are without what they quote."""

    message_id: str
    sender: str
    sender_name: str
    recipients: tuple[str, ...]
    answers: tuple[str, ...]
    subject: str
    words: str
    files: tuple[tuple[str, bytes], ...]
    automatic: str
    verdict: str
    is_report: bool
    message: Message = field(repr=False, compare=False)

    def digest(self, conversation: str) -> str:
        """The same for the same mail coming again, by whatever way, into the same conversation."""
        whole = hashlib.sha256("\0".join((conversation, self.message_id, self.sender, self.words)).encode())
        for name, data in self.files:
            whole.update(name.encode() + hashlib.sha256(data).digest())
        return whole.hexdigest()


def read_mail(raw: bytes, authserv: str = "") -> Incoming:
    """Takes time for large mails: call it off the event loop. Raises Unreadable."""
    message = parse(raw)
    try:
        return _read(message, authserv)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as broken:
        raise Unreadable(f"broken: {type(broken).__name__}") from None


def _read(message: Message, authserv: str) -> Incoming:
    name, address = sender_of(message)
    ids = message_ids(" ".join(plain_headers(message, "Message-ID")[:1]))
    answers = [*plain_headers(message, "In-Reply-To")[:1], *plain_headers(message, "references")[:1]]
    return Incoming(
        message_id=ids[0] if ids else "",
        sender=address,
        sender_name=name,
        recipients=tuple(recipients_of(message)),
        answers=tuple(message_ids(" ".join(answers))),
        subject=header(message, "Subject")[:300],
        words=_words(message),
        files=tuple(_files(message)),
        automatic=_automatic(message),
        verdict=_verdict(message, authserv),
        is_report=_is_report(message),
        message=message,
    )


def parse(raw: bytes) -> Message:
    """Raises Unreadable for more than 20 MB, 60 parts or 256 kB of headers."""
    if len(raw) > MAX_BYTES:
        raise Unreadable(f"too large: {len(raw)} bytes")
    blank = re.search(rb"\r?\n\r?\n", raw)
    if (blank.start() if blank else len(raw)) > MOST_HEADER_BYTES:
        raise Unreadable("too many headers")
    parts = 0

    def part(policy: object = compat32) -> Message:
        nonlocal parts
        parts += 1
        if parts > MOST_PARTS:
            raise Unreadable(f"more than {MOST_PARTS} parts")
        return Message(policy=policy)  # type: ignore[arg-type]

    try:
        message: Message = BytesParser(part, policy=compat32).parsebytes(raw)
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError, IndexError) as broken:
        raise Unreadable(f"broken: {type(broken).__name__}") from None
    if not message.keys():
        raise Unreadable("no headers: not a mail")
    return message


def _leaves(message: Message) -> Iterator[Message]:
    """The parts that hold something; what another mail brings along stays closed."""
    stack = [message]
    while stack:
        part = stack.pop()
        if part.get_content_type() == "message/rfc822" and part is not message:
            continue
        if part.is_multipart():
            inside: Any = part.get_payload()
            stack.extend(each for each in reversed(inside) if isinstance(each, Message))
        else:
            yield part


def _words(message: Message) -> str:
    """The plain text where there is one, else the HTML as text."""
    texts: dict[str, list[str]] = {"text/plain": [], "text/html": []}
    for part in _leaves(message):
        if part.get_content_type() in texts and not _filename(part):
            texts[part.get_content_type()].append(_decoded(part))
    plain = words_of_text("\n".join(texts["text/plain"]))
    return plain or words_of_html("\n".join(texts["text/html"]))


def _data(part: Message) -> bytes:
    try:
        data = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError, TypeError):
        return b""
    return data if isinstance(data, bytes) else b""


def _decoded(part: Message) -> str:
    """Text in the charset it says, else in UTF-8, else as French machines once wrote."""
    data = _data(part)
    for charset in (_charset(part), "utf-8"):
        try:
            return data.decode(charset)
        except (LookupError, UnicodeError, ValueError):
            continue
    return data.decode("cp1252", "replace")


def _charset(part: Message) -> str:
    """A charset of characters only: Python knows codecs that unpack, too."""
    try:
        named = (part.get_content_charset() or "utf-8").lower()
    except (ValueError, LookupError, TypeError):
        return "utf-8"
    return (
        named
        if re.fullmatch(r"(utf|iso|windows|cp|us|ascii|latin|koi|mac|big|gb|euc|shift)[a-z0-9_-]*", named)
        else "utf-8"
    )


def _filename(part: Message) -> str:
    try:
        name = part.get_filename()
    except (ValueError, LookupError, TypeError):
        return ""
    return on_one_line(name[:200]) if isinstance(name, str) else ""


def _files(message: Message) -> Iterator[tuple[str, bytes]]:
    """Attachments in their order; not the logos a signature brings along, nor what is no file."""
    kept = 0
    for part in _leaves(message):
        name, kind = _filename(part), part.get_content_type()
        is_attached = part.get_content_disposition() == "attachment" or bool(name)
        if part is message or not is_attached or kind.startswith(("multipart/", "message/")):
            continue
        if kind in ("application/pgp-signature", "application/pkcs7-signature", "text/calendar"):
            continue
        data = _data(part)
        if (
            part.get("Content-ID")
            and part.get_content_disposition() != "attachment"
            and len(data) < SMALLEST_INLINE
        ):
            continue
        yield name or "fichier", data
        kept += 1
        if kept == MOST_FILES:
            return


def _automatic(message: Message) -> str:
    """The mark of a mail no person wrote (RFC 3834, and what came before it)."""
    first = lambda name: next(iter(plain_headers(message, name)), "").lower()  # noqa: E731
    if first("Auto-Submitted").partition(";")[0].strip() not in ("", "no"):
        return "Auto-Submitted"
    if first("Precedence") in ("bulk", "junk", "list", "auto_reply"):
        return "Precedence"
    if first("Return-Path") == "<>":
        return "Return-Path"
    marks = (
        "X-Auto-Response-Suppress",
        "X-Autoreply",
        "X-Autorespond",
        "X-Autoresponder",
        "List-Id",
        "Feedback-Type",
    )
    found = next((mark for mark in marks if message.get(mark) is not None), "")
    return found or ("report" if message.get_content_type() == "multipart/report" else "")


def _is_report(message: Message) -> bool:
    report = str(message.get_param("report-type") or "").lower() == "delivery-status"
    return message.get_content_type() == "multipart/report" and report


def _verdict(message: Message, authserv: str) -> str:
    """DMARC's result in the topmost Authentication-Results of the believed server (RFC 8601). It stands above what
    came with the mail; comments, where anybody may write, are left out."""
    if not authserv:
        return ""
    for value in plain_headers(message, "Authentication-Results"):
        bare = _bare(value).lower()
        server, _, results = bare.partition(";")
        if server.split()[:1] == [authserv.lower()]:
            found = re.search(r"(?:^|;)\s*dmarc\s*=\s*([a-z]+)", results)
            return found[1] if found else "none"
    return "none"


def _bare(value: str) -> str:
    """Without quoted words and comments, nested ones too."""
    value = re.sub(r'"[^"]*"', "", value)
    while (less := re.sub(r"\([^()]*\)", "", value)) != value:
        value = less
    return value
