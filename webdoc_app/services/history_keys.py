"""The keys of the history: what signs events, and what salts the hashes of rows.

Each is random, made once, and lies in the database locked up with the installation's secret, so that all machines have
it and every backup. Whoever has the database alone can sign nothing. Rotating the secret locks them up anew and starts
another key; a key once used is kept, because what it signed must be checked for as long as there is a history.
"""

import base64
import hmac
import json
import secrets as random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.models import HistoryKey
from webdoc_app.models.columns import time_text
from webdoc_app.services.once import insert_once
from webdoc_app.services.runtime import now, runtime
from webdoc_app.services.seals import public_keys

_INFO = b"webdoc history keys"
SIGNING, SEALING = "history.", "seal."


@dataclass(frozen=True)
class Keyring:
    """`signing` are the history's keys by their number; `seals` the public keys this installation ever sealed with."""

    signing: Mapping[int, bytes] = field(default_factory=dict)
    seals: frozenset[str] = frozenset()
    unreadable: tuple[str, ...] = ()

    @property
    def newest(self) -> int:
        return max(self.signing)

    @property
    def salt(self) -> int:
        """The key that rows are hashed with: the oldest there is, so that a row's hash outlives rotations."""
        return min(self.signing)

    def sign(self, purpose: str, message: str) -> str:
        """`3:5f0c…`: the number of the key, and its HMAC-SHA256 in hex."""
        return f"{self.newest}:{_mac(self.signing[self.newest], purpose, message)}"

    def knows(self, mac: str) -> bool:
        """Whether the key that is said to have signed can be read here."""
        number = mac.partition(":")[0]
        return number.isdigit() and len(number) < 9 and int(number) in self.signing

    def holds(self, mac: str, purpose: str, message: str) -> bool:
        if not self.knows(mac):
            return False
        number, _, claimed = mac.partition(":")
        ours = _mac(self.signing[int(number)], purpose, message)
        return f"{int(number)}:{ours}".encode() == mac.encode("utf-8", "replace") and hmac.compare_digest(
            ours, claimed
        )


def _mac(key: bytes, purpose: str, message: str) -> str:
    words = f"webdoc history {purpose}\n{message}".encode("utf-8", "surrogatepass")
    return hmac.digest(key, words, "sha256").hex()


def read_keyring(rows: Sequence[tuple[str, str]], secrets: list[str]) -> Keyring:
    """The keyring of raw rows (name, wrapped); what the secrets do not open is named."""
    signing: dict[int, bytes] = {}
    seals, unreadable = set(public_keys(secrets)), []
    for name, wrapped in rows:
        value = unlock(name, wrapped, secrets)
        if value is None:
            unreadable.append(str(name))
        elif name.startswith(SIGNING):
            signing[int(name.removeprefix(SIGNING))] = bytes.fromhex(value)
        else:
            seals.add(value)
    return Keyring(signing, frozenset(seals), tuple(unreadable))


def lock(name: str, value: str, secret: str) -> str:
    plain = json.dumps({"name": name, "value": value}).encode()
    return Fernet(_locking_key(secret)).encrypt(plain).decode()


def unlock(name: str, wrapped: str, secrets: Sequence[str]) -> str | None:
    for secret in reversed(secrets):
        try:
            found = json.loads(Fernet(_locking_key(secret)).decrypt(str(wrapped).encode()))
        except (InvalidToken, ValueError):
            continue
        if found.get("name") == name:
            return str(found["value"])
    return None


def _locking_key(secret: str) -> bytes:
    material = HKDF(algorithm=SHA256(), length=32, salt=None, info=_INFO).derive(secret.encode())
    return base64.urlsafe_b64encode(material)


async def keyring(session: AsyncSession) -> Keyring:
    """The keys to sign with now; the first one is made where there is none that the secrets open."""
    current = runtime()
    if current.keyring is not None:
        return current.keyring  # type: ignore[no-any-return]
    found = await stored(session)
    if found.signing:
        current.keyring = found
        return found
    # Not remembered yet: what is made in a transaction may still be undone with it.
    await add_signing_key(session, found)
    return await stored(session)


async def stored(session: AsyncSession) -> Keyring:
    rows = (await session.exec(select(HistoryKey.name, HistoryKey.wrapped))).all()
    return read_keyring([(name, wrapped) for name, wrapped in rows], runtime().keys)


async def stored_keyring(connection: AsyncConnection) -> Keyring:
    """The keyring as the audit reads it: raw."""
    rows = (await connection.execute(text("SELECT name, wrapped FROM history_keys"))).all()
    return read_keyring([(row[0], row[1]) for row in rows], runtime().keys)


async def add_signing_key(session: AsyncSession, found: Keyring) -> None:
    numbers = [*found.signing, *(_number(name) for name in found.unreadable)]
    await keep(session, f"{SIGNING}{max(numbers, default=0) + 1}", random.token_hex(32))


def _number(name: str) -> int:
    digits = name.removeprefix(SIGNING)
    return int(digits) if digits.isdigit() and len(digits) < 9 else 0


async def keep(session: AsyncSession, name: str, value: str) -> None:
    wrapped = lock(name, value, runtime().keys[-1])
    await insert_once(session, HistoryKey, {"name": name, "wrapped": wrapped, "created_at": time_text(now())})
