"""Signing: one salt per purpose, a list of keys so that they can be rotated (oldest first, the last one signs)."""

import hashlib
import hmac
import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from itsdangerous import BadData, Signer, URLSafeSerializer, URLSafeTimedSerializer

from webdoc_app.domain.errors import Refusal
from webdoc_app.services.work import runtime

_SIGNER = {"digest_method": hashlib.sha256, "key_derivation": "hmac"}


def load_keys(configured: str, data_dir: Path) -> list[str]:
    """The configured keys, else the data folder's own, made at the first start (mode 600).

    Raises Refusal where the folder's secret is empty.
    """
    if configured:
        return [key.strip() for key in configured.split(",") if key.strip()]
    path = data_dir / "secret.key"
    data_dir.mkdir(0o700, parents=True, exist_ok=True)
    if not path.exists():
        _make_secret(path)
    key = path.read_text(encoding="ascii").strip()
    if not key:
        # Signing with nothing would let anyone sign.
        raise Refusal("Le secret %(path)s est vide : reprenez-le d’une sauvegarde.", path=path)
    return [key]


def known_keys(configured: str, data_dir: Path) -> list[str]:
    """As `load_keys`, but nothing is made: empty where this place has no secret yet."""
    if configured or (data_dir / "secret.key").exists():
        return load_keys(configured, data_dir)
    return []


def _make_secret(path: Path) -> None:
    """Writes it beside, then gives it its name: of two processes that start at once, none reads half a key."""
    handle, written = tempfile.mkstemp(dir=path.parent, prefix=".secret-")
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(written, path)
    finally:
        Path(written).unlink()


def sign(purpose: str, payload: Any) -> str:
    return URLSafeSerializer(runtime().keys, salt=f"webdoc.{purpose}", signer_kwargs=_SIGNER).dumps(payload)


def unsign(purpose: str, token: str) -> Any | None:
    """The payload of a token in the one writing we give it, else None.

    base64 lets other last characters verify too: whatever does not re-encode to itself is refused.
    """
    payload = None
    for key in reversed(runtime().keys):
        serializer = URLSafeSerializer(key, salt=f"webdoc.{purpose}", signer_kwargs=_SIGNER)
        try:
            candidate = serializer.loads(token)
        except (BadData, ValueError, UnicodeError, RecursionError):
            continue
        if hmac.compare_digest(serializer.dumps(candidate).encode(), token.encode("utf-8", "replace")):
            payload = candidate
    return payload


def sign_timed(purpose: str, payload: Any) -> str:
    return URLSafeTimedSerializer(runtime().keys, salt=f"webdoc.{purpose}", signer_kwargs=_SIGNER).dumps(
        payload
    )


def unsign_timed(purpose: str, token: str, max_age: int) -> Any | None:
    """The payload of a token made at most `max_age` seconds ago, else None."""
    serializer = URLSafeTimedSerializer(runtime().keys, salt=f"webdoc.{purpose}", signer_kwargs=_SIGNER)
    try:
        return serializer.loads(token, max_age=max_age)
    except (BadData, ValueError, UnicodeError, RecursionError):
        return None


def seal(purpose: str, payload: bytes, length: int) -> bytes:
    """The first `length` bytes of the payload's signature, where there is room for no more."""
    return _seals(purpose, payload, length)[-1]


def is_sealed(purpose: str, payload: bytes, claimed: bytes) -> bool:
    """Whether `claimed` is the seal of the payload by any of our keys."""
    return any(hmac.compare_digest(ours, claimed) for ours in _seals(purpose, payload, len(claimed)))


def _seals(purpose: str, payload: bytes, length: int) -> list[bytes]:
    signer = Signer(runtime().keys, salt=f"webdoc.{purpose}", **_SIGNER)  # type: ignore[arg-type]
    keys = [signer.derive_key(key) for key in signer.secret_keys]
    return [signer.algorithm.get_signature(key, payload)[:length] for key in keys]


def keyed_hash(purpose: str, value: str) -> str:
    """A short keyed fingerprint: tells two values apart without keeping either."""
    key = f"{purpose}:{runtime().keys[-1]}".encode()
    return hmac.new(key, value.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:32]
