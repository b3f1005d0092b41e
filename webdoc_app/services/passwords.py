"""Passwords: argon2id, at least eight characters, none of the common ones.

Comparing one takes 64 MB and a tenth of a second of a processor: it is done in threads, two at a time, network by
network in turn, so that neither the pages nor another network wait for whoever tries many.
"""

import asyncio
import functools
import secrets
import weakref
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from webdoc_app.core.turns import FairTurns
from webdoc_app.domain.errors import Invalid, TooMany
from webdoc_app.services.common_passwords import is_common
from webdoc_app.settings import settings

_hasher = PasswordHash((Argon2Hasher(),))
SHORTEST, LONGEST = 8, 200
AT_ONCE = 2
MOST_WAITING = 100
"""Of one network."""

_turns: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, FairTurns]" = weakref.WeakKeyDictionary()


@asynccontextmanager
async def hashing_turn(network: str) -> AsyncIterator[None]:
    """A place to hash or compare in, for whoever asks from `network`. Raises TooMany where too many of it wait."""
    turns = _turns.setdefault(asyncio.get_running_loop(), FairTurns(AT_ONCE))
    if settings().limits and turns.waiting(network) >= MOST_WAITING:
        raise TooMany("Trop de demandes en peu de temps. Réessayez dans une minute.")
    async with turns.turn(network):
        yield


def check_password(
    password: str, *, field: str = "password", known: tuple[str, ...] = (), whole_list: bool = True
) -> None:
    """Whether it may be chosen; see `is_common` for the rest. Raises Invalid on `field`."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid.one(field, "Choisissez un mot de passe de 8 à 200 caractères.")
    if any("\ud800" <= sign <= "\udfff" for sign in password):
        raise Invalid.one(field, "Ce texte contient des caractères de contrôle.")
    if is_common(password, known=known, whole_list=whole_list):
        raise Invalid.one(
            field,
            "Ce mot de passe est l’un des premiers que l’on essaie : choisissez-en un autre, par exemple quatre mots sans rapport.",
        )


async def hash_password(password: str, network: str = "") -> str:
    """Of a password that was checked. Raises TooMany."""
    async with hashing_turn(network):
        return await asyncio.to_thread(_hasher.hash, password)


async def password_matches(password: str, password_hash: str | None) -> bool:
    """Takes the same time whether the account exists or not. To be called within a `hashing_turn`."""
    return await asyncio.to_thread(_matches, password, password_hash)


def _matches(password: str, password_hash: str | None) -> bool:
    try:
        good = _hasher.verify(password[: LONGEST + 1], password_hash or _nobody())
    except UnicodeEncodeError:
        return False
    return good and password_hash is not None


@functools.cache
def _nobody() -> str:
    return _hasher.hash(secrets.token_hex(16))
