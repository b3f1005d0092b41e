"""Seals of certificates: Ed25519, so that a certificate is checked with a public key alone.

The signing key is derived from the installation's secret; after a rotation the older keys' seals still hold.
"""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from webdoc_app.domain.certificates import Seal
from webdoc_app.services.runtime import runtime

_INFO = b"webdoc certificate seal"


def seal(message: str) -> Seal:
    return seal_with(runtime().keys[-1], message)


def seal_with(secret: str, message: str) -> Seal:
    """The same with a secret that is given, where nothing is configured yet."""
    key = _private_key(secret)
    return Seal(key.public_key().public_bytes_raw().hex(), key.sign(message.encode()).hex())


def seal_holds(key: str, message: str, signature: str) -> bool:
    """Whether `signature` is the one of `message` by the public key `key`. Anything unreadable is False."""
    try:
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
        public.verify(bytes.fromhex(signature), message.encode())
    except (InvalidSignature, ValueError, TypeError, AttributeError):
        return False
    # One writing only: hex digits in capitals would verify too.
    return key == key.lower() and signature == signature.lower() and " " not in key + signature


def public_keys(secrets: list[str]) -> list[str]:
    """The public keys of an installation's secrets, oldest first, in hex."""
    return [_private_key(secret).public_key().public_bytes_raw().hex() for secret in secrets]


def _private_key(secret: str) -> Ed25519PrivateKey:
    material = HKDF(algorithm=SHA256(), length=32, salt=None, info=_INFO).derive(secret.encode())
    return Ed25519PrivateKey.from_private_bytes(material)
