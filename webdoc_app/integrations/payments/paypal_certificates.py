"""PayPal's notifications checked here, with the certificate they name; PayPal is not asked.

The certificate comes from PayPal's own hosts alone, and must lead to a root this machine trusts, be valid at the
moment, and be made out to the sender of notifications.
"""

import base64
import binascii
import functools
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
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


async def check(headers: Mapping[str, str], message: bytes, mode: str, moment: datetime) -> None:
    """Raises BadSignature where `message` is not signed as the headers say; Unreachable where the certificate is."""
    url = headers.get("paypal-cert-url", "")
    if headers.get("paypal-auth-algo") != ALGORITHM or not TRUST.allows(url):
        raise BadSignature("the certificate's address or the algorithm is not PayPal's")
    try:
        signature = base64.b64decode(headers.get("paypal-transmission-sig", ""), validate=True)
    except (binascii.Error, ValueError):
        raise BadSignature from None
    known: dict[str, bytes] = kept("paypal certificates", dict)
    pem = known.get(url) or await _fetch(url)
    key = _key_of(pem, SENDERS[mode], moment)
    if url not in known:
        while len(known) >= MOST_KEPT:
            known.pop(next(iter(known)))
        known[url] = pem
    try:
        key.verify(signature, message, padding.PKCS1v15(), SHA256())
    except InvalidSignature:
        raise BadSignature from None


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
