"""What mail servers say of mails they could not deliver: standard reports (RFC 3464) and the older ways of putting it."""

import logging
import re
from dataclasses import dataclass
from email.message import Message

from webdoc_app.integrations.mail.headers import message_ids, plain_headers

logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)
MOST_TEXT = 200_000
"""Characters of text that are searched; files that came back along with a mail are not."""


@dataclass(frozen=True)
class Report:
    """`failed` and `delayed` are addresses in lower case; `why` is the server's word; `about` the Message-ID of the mail
    that came back, empty where the report does not say."""

    failed: frozenset[str]
    delayed: frozenset[str]
    why: str
    about: str


def read_report(message: Message) -> Report | None:
    """None for what reports no failure and no delay."""
    from flufl.bounce import all_failures

    try:
        if _text_size(message) > MOST_TEXT:
            return None
        delayed, failed = all_failures(message)
    except Exception:  # noqa: BLE001 - seventeen readers of what anybody may have written
        return None
    if not failed and not delayed:
        return None
    return Report(_addresses(failed), _addresses(delayed), _why(message), _about(message))


def _addresses(found: frozenset[bytes]) -> frozenset[str]:
    return frozenset(address.decode("ascii", "replace").lower() for address in found)


def _text_size(message: Message) -> int:
    texts = (part for part in message.walk() if part.get_content_maintype() == "text")
    return sum(len(str(part.get_payload())) for part in texts)


def _why(message: Message) -> str:
    """`550 5.1.1 no such mailbox`, else the status code alone."""
    for part in message.walk():
        for name in ("diagnostic-code", "status"):
            for value in plain_headers(part, name):
                said = re.sub(r"^\s*(smtp|x-[\w-]+)\s*;\s*", "", value, flags=re.IGNORECASE)
                if said := " ".join(said.split())[:300]:
                    return said
    return ""


def _about(message: Message) -> str:
    """The Message-ID of what came back: in the part that holds it, whole or its headers alone."""
    for part in message.walk():
        if part is message:
            continue
        kind = part.get_content_type()
        if kind == "text/rfc822-headers":
            found = re.search(
                r"^Message-ID:\s*(<[^<>\s]{1,300}>)", str(part.get_payload())[:20_000], re.I | re.M
            )
            if found:
                return found[1]
        elif ids := message_ids(" ".join(plain_headers(part, "Message-ID")[:1])):
            return ids[0]
    return ""
