"""Passwords: argon2id, at least eight characters."""

import functools
import secrets

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from webdoc_app.domain.errors import Invalid

_hasher = PasswordHash((Argon2Hasher(),))
SHORTEST, LONGEST = 8, 200


def hash_password(password: str) -> str:
    """Raises Invalid on `password`."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid.one("password", "Choisissez un mot de passe de 8 à 200 caractères.")
    try:
        return _hasher.hash(password)
    except UnicodeEncodeError:
        raise Invalid.one("password", "Ce texte contient des caractères de contrôle.") from None


@functools.cache
def _nobody() -> str:
    return _hasher.hash(secrets.token_hex(16))


def password_matches(password: str, password_hash: str | None) -> bool:
    """Takes the same time whether the account exists or not."""
    try:
        good = _hasher.verify(password[: LONGEST + 1], password_hash or _nobody())
    except UnicodeEncodeError:
        return False
    return good and password_hash is not None
