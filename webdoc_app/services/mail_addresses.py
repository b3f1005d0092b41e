"""Addresses mails come back to, signed so that nobody can make one up, in letters that survive lower-casing.

`reply+SIGN@domain`, where SIGN is base32: of a conversation (link, document, version of the link) in 48 characters, of
one mail of the outbox, for what bounces, in 42. RFC 5321 leaves 64 for all before the @.
"""

import base64
import binascii
import re
from dataclasses import dataclass

from webdoc_app.models import ShareLink
from webdoc_app.models.columns import is_id
from webdoc_app.services.keys import is_sealed, seal
from webdoc_app.services.work import runtime

SEAL_BYTES = 10
_REPLY, _BOUNCE = "mail.reply", "mail.bounce"
_ID, _DOCUMENT, _VERSION = 16, 3, 1
_SIGN = re.compile(r"[a-z2-7]{42}|[a-z2-7]{48}")


@dataclass(frozen=True)
class Conversation:
    """What a signed reply address names. Of the document its first six digits, enough to tell those of one chain
    apart; of the link's version its last byte."""

    link_id: str
    document_start: str
    version: int


@dataclass(frozen=True)
class Sent:
    """What a signed bounce address names: a mail of the outbox."""

    mail_id: str


def reply_address(link: ShareLink, document_id: str) -> str:
    """Where answers to a mail about the document go. Empty where no mail comes in."""
    version = bytes([link.version % 256])
    payload = bytes.fromhex(link.id) + bytes.fromhex(document_id)[:_DOCUMENT] + version
    return _address(_REPLY, payload)


def bounce_address(mail_id: str) -> str:
    """The envelope's sender of a mail. Empty where no mail comes in."""
    return _address(_BOUNCE, bytes.fromhex(mail_id)) if is_id(mail_id) else ""


def _address(purpose: str, payload: bytes) -> str:
    if not runtime().reply_address:
        return ""
    sign = base64.b32encode(payload + seal(purpose, payload, SEAL_BYTES)).decode().rstrip("=").lower()
    local, _, domain = runtime().reply_address.partition("@")
    return f"{local}+{sign}@{domain}"


def is_ours(address: str) -> bool:
    """Whether an address is our reply address, with a sign or without: we never answer ourselves."""
    local, _, domain = address.strip().lower().rpartition("@")
    return bool(domain) and f"{local.partition('+')[0]}@{domain}" == runtime().reply_address


def read_address(address: str) -> Conversation | Sent | None:
    """What an address names, in whatever case it came back; None where it is not ours, or not signed."""
    sign = address.strip().lower().rpartition("@")[0].partition("+")[2]
    if not is_ours(address) or not _SIGN.fullmatch(sign):
        return None
    try:
        whole = base64.b32decode(sign.upper() + "=" * (-len(sign) % 8))
    except (binascii.Error, ValueError):
        return None
    payload, claimed = whole[:-SEAL_BYTES], whole[-SEAL_BYTES:]
    is_reply = len(payload) == _ID + _DOCUMENT + _VERSION
    if not is_sealed(_REPLY if is_reply else _BOUNCE, payload, claimed):
        return None
    link_or_mail = payload[:_ID].hex()
    if not is_reply:
        return Sent(link_or_mail)
    return Conversation(link_or_mail, payload[_ID:-_VERSION].hex(), payload[-1])
