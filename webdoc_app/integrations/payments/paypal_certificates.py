"""PayPal's notifications checked here, with the certificate they name; PayPal is not asked.

The certificate comes from PayPal's own hosts alone, and must lead to a root this machine trusts, be valid at the
moment, and be made out to the sender of notifications.
"""

import base64
import binascii
import functools
import time
import warnings
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from webdoc_app.integrations.payments.connections import http_client, kept
from webdoc_app.integrations.payments.contract import BadSignature, Unreachable

MOST_BYTES = 64 * 1024
MOST_KEPT = 8
STRIKES, REST_SECONDS, MOST_STRUCK = 3, 600, 512
"""An address that failed so often in a row is not asked again for so long; of so many it is remembered."""
ALGORITHM = "SHA256withRSA"
SENDERS = {
    "live": "messageverificationcerts.paypal.com",
    "test": "messageverificationcerts.sandbox.paypal.com",
}


@dataclass(frozen=True)
class Trust:
    """Where certificates may come from, and the roots they must lead to: this machine's, where none are given."""

    scheme: str = "https"
    host: str = "paypal.com"
    port: int = 443
    roots: tuple[x509.Certificate, ...] = ()

    def allows(self, url: str) -> bool:
        """No other scheme, port or host, no user's name; a host's own name, or a part of it before a dot."""
        try:
            parts = urlsplit(url)
            port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
        except ValueError:
            return False
        host = parts.hostname or ""
        return (
            parts.scheme == self.scheme
            and port == self.port
            and "@" not in parts.netloc
            and "\\" not in url
            and (host == self.host or host.endswith(f".{self.host}"))
        )


TRUST = Trust()


async def check(
    headers: Mapping[str, str],
    message: bytes,
    mode: str,
    moment: datetime,
    gate: Callable[[], AbstractAsyncContextManager[None]] = nullcontext,
) -> None:
    """Raises BadSignature where `message` is not signed as the headers say; Unreachable where the certificate is.

    Only an address that is not known yet causes a call, through `gate`: whoever writes to us chooses it.
    """
    url = headers.get("paypal-cert-url", "")
    if headers.get("paypal-auth-algo") != ALGORITHM or not TRUST.allows(url):
        raise BadSignature("the certificate's address or the algorithm is not PayPal's")
    try:
        signature = base64.b64decode(headers.get("paypal-transmission-sig", ""), validate=True)
    except (binascii.Error, ValueError):
        raise BadSignature from None
    known: dict[str, bytes] = kept("paypal certificates", dict)
    if url in known:
        key = _key_of(known[url], SENDERS[mode], moment)
    else:
        async with gate():
            key = await _fetched(url, SENDERS[mode], moment, known)
    try:
        key.verify(signature, message, padding.PKCS1v15(), SHA256())
    except InvalidSignature:
        raise BadSignature from None


async def _fetched(url: str, sender: str, moment: datetime, known: dict[str, bytes]) -> rsa.RSAPublicKey:
    """The key of a certificate that is not known yet, which then is. Raises BadSignature, Unreachable."""
    struck: dict[str, tuple[int, float]] = kept("paypal certificates that failed", dict)
    times, at = struck.get(url, (0, 0.0))
    if time.monotonic() - at > REST_SECONDS:
        times = 0
    if times >= STRIKES:
        raise BadSignature("no certificate there, the last times")
    try:
        pem = await _fetch(url)
        key = _key_of(pem, sender, moment)
    except (BadSignature, Unreachable):
        _make_room(struck, MOST_STRUCK)
        struck[url] = (times + 1, time.monotonic())
        raise
    struck.pop(url, None)
    _make_room(known, MOST_KEPT)
    known[url] = pem
    return key


def _make_room(kept_ones: dict[str, Any], most: int) -> None:
    while len(kept_ones) >= most:
        kept_ones.pop(next(iter(kept_ones)))


async def _fetch(url: str) -> bytes:
    """Follows nothing, reads no more than a certificate needs."""
    data = b""
    try:
        async with http_client().stream("GET", url) as answer:
            if answer.status_code >= 500:
                raise Unreachable(f"paypal: certificate {answer.status_code}")
            if answer.status_code != 200:
                raise BadSignature("no certificate there")
            async for piece in answer.aiter_bytes():
                data += piece
                if len(data) > MOST_BYTES:
                    raise BadSignature("too long for a certificate")
    except (httpx.HTTPError, httpx.InvalidURL) as failed:
        raise Unreachable(f"paypal: {type(failed).__name__}") from None
    return data


def _key_of(pem: bytes, sender: str, moment: datetime) -> rsa.RSAPublicKey:
    """The key of a chain that is whole, valid at `moment`, and made out to `sender`. Raises BadSignature."""
    try:
        leaf, *others = x509.load_pem_x509_certificates(pem)
        verifier = PolicyBuilder().store(_store(TRUST.roots)).time(moment)
        verifier.build_server_verifier(x509.DNSName(sender)).verify(leaf, others)
        names = leaf.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        key = leaf.public_key()
    except (ValueError, VerificationError, x509.ExtensionNotFound):
        raise BadSignature("the certificate does not hold") from None
    if [name.value for name in names] != [sender] or not isinstance(key, rsa.RSAPublicKey):
        raise BadSignature("the certificate is another's")
    return key


@functools.lru_cache(maxsize=2)
def _store(roots: tuple[x509.Certificate, ...]) -> Store:
    if not roots:
        import certifi

        with warnings.catch_warnings():
            # Some old roots of the bundle are not written as they should be; they are not PayPal's.
            warnings.simplefilter("ignore", CryptographyDeprecationWarning)
            roots = tuple(x509.load_pem_x509_certificates(Path(certifi.where()).read_bytes()))
    return Store(list(roots))
