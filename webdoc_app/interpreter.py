"""Which known holes this Python has, of the modules a server is reached through.

Found by what the modules hold, not by the version: distributions mend an old one without saying so in its number.
Webdoc uses nothing of what is broken (docs/decisions/0012), so a hole is told and no reason to refuse.
"""

import email.policy
import email.utils
import http.cookies
import inspect
import ipaddress
import sys
import tarfile
from collections.abc import Sequence
from typing import NamedTuple


class Hole(NamedTuple):
    cve: str
    module: str
    mended: str
    """The first releases without it."""


COOKIES = Hole("CVE-2024-7592", "http.cookies", "3.11.10, 3.12.6")
ADDRESSES = Hole("CVE-2024-4032", "ipaddress", "3.11.10, 3.12.4")
MAIL_HEADERS = Hole("CVE-2024-6923", "email", "3.11.10, 3.12.5")
MAIL_ADDRESSES = Hole("CVE-2023-27043", "email.utils", "3.11.10, 3.12.6")
ARCHIVE_HEADERS = Hole("CVE-2024-6232", "tarfile", "3.11.10, 3.12.6")
ARCHIVES = Hole("CVE-2025-4517", "tarfile", "3.11.13, 3.12.11, 3.13.4")


def known_holes() -> list[Hole]:
    """The holes this interpreter has; none where it is up to date."""
    has = {
        COOKIES: not hasattr(http.cookies, "_unquote_sub") and hasattr(http.cookies, "_QuotePatt"),
        ADDRESSES: not ipaddress.ip_address("64:ff9b:1::1").is_private,
        MAIL_HEADERS: not hasattr(email.policy.Policy, "verify_generated_headers"),
        MAIL_ADDRESSES: "strict" not in inspect.signature(email.utils.getaddresses).parameters,
        ARCHIVE_HEADERS: not hasattr(tarfile, "_header_length_prefix_re"),
        ARCHIVES: not hasattr(tarfile, "LinkFallbackError"),
    }
    return [hole for hole, is_there in has.items() if is_there]


def warning(holes: Sequence[Hole]) -> str:
    """One line for whoever runs the server; an empty text where there is nothing to say."""
    if not holes:
        return ""
    version = ".".join(map(str, sys.version_info[:3]))
    named = "; ".join(f"{hole.cve} ({hole.module}, mended in {hole.mended})" for hole in holes)
    return f"webdoc: Python {version} has known holes: {named}. Webdoc uses none of what they break; still, a newer Python is better."
