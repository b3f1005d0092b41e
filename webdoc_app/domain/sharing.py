"""Links as capabilities: what a link is good for, now."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

RECIPIENT = "view"
"""Purpose of a link that opens a document for its recipient."""


class LinkState(StrEnum):
    ACTIVE = "active"
    REVOKED = "revoked"
    REPLACED = "replaced"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Standing:
    """What decides whether a link opens: the row's version against the token's, revocation, expiry (UTC)."""

    version: int
    revoked_at: datetime | None
    expires_at: datetime | None


def link_state(link: Standing, token_version: int, now: datetime) -> LinkState:
    """A token of an older version was replaced, whatever else became of the link."""
    if token_version != link.version:
        return LinkState.REPLACED
    if link.revoked_at is not None:
        return LinkState.REVOKED
    if link.expires_at is not None and link.expires_at <= now:
        return LinkState.EXPIRED
    return LinkState.ACTIVE
