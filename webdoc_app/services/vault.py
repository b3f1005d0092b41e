"""Secrets of others, kept encrypted: whoever reads the database, or swaps rows in it, gains nothing.

Keys come from the installation's secrets; what is encrypted says whose it is, because Fernet itself binds
nothing to its place.
"""

import base64
import json
from collections.abc import Mapping
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from webdoc_app.services.work import runtime

_INFO = b"webdoc payment accounts"


class Unreadable(Exception):
    """The secret is another installation's, another place's, or altered."""


def lock_up(place: Mapping[str, str], secrets: Mapping[str, str]) -> str:
    """The secrets as a text for the database; `place` is where they belong."""
    plain = json.dumps({"place": dict(place), "secrets": dict(secrets)})
    return _fernet().encrypt(plain.encode()).decode()


def take_out(place: Mapping[str, str], locked: str) -> dict[str, str]:
    """What was locked up for this very place. Raises Unreadable."""
    try:
        found: dict[str, Any] = json.loads(_fernet().decrypt(locked.encode()))
    except InvalidToken:
        raise Unreadable from None
    if found["place"] != dict(place):
        raise Unreadable
    return dict(found["secrets"])


def renew(locked: str) -> str:
    """The same, under the newest key. Raises Unreadable."""
    try:
        return _fernet().rotate(locked.encode()).decode()
    except InvalidToken:
        raise Unreadable from None


def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(_key(secret)) for secret in reversed(runtime().keys)])


def _key(secret: str) -> bytes:
    material = HKDF(algorithm=SHA256(), length=32, salt=None, info=_INFO).derive(secret.encode())
    return base64.urlsafe_b64encode(material)
