"""Links as capabilities: what a link is good for, now."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

RECIPIENT = "view"
"""Purpose of a link that opens a document for its recipient."""


class LinkState(StrEnum):
    ACTIVE = "active"
    REVOKED = "revoked"
    DISABLED = "disabled"
    REPLACED = "replaced"
    EXPIRED = "expired"


CLOSED_ON_PURPOSE = frozenset({LinkState.REVOKED, LinkState.DISABLED})
"""The merchant's will: whoever asks for a new link is sent to them."""

USUAL_LIFE_DAYS = 30
"""How long a link that had expired lives again, where the company has no usual validity."""

MOST_LINKS = 50
"""Recipients of one document."""


@dataclass(frozen=True)
class Standing:
    """What decides whether a link opens: the row's version against the token's, and its times (UTC)."""

    version: int
    revoked_at: datetime | None
    disabled_at: datetime | None
    expires_at: datetime | None


def link_state(link: Standing, token_version: int, now: datetime) -> LinkState:
    """What the merchant closed is closed for every address it ever had; else an older address was replaced."""
    if link.revoked_at is not None:
        return LinkState.REVOKED
    if link.disabled_at is not None:
        return LinkState.DISABLED
    if token_version != link.version:
        return LinkState.REPLACED
    if link.expires_at is not None and link.expires_at <= now:
        return LinkState.EXPIRED
    return LinkState.ACTIVE


def next_expiry(expires_at: datetime | None, validity_days: int | None, now: datetime) -> datetime | None:
    """When a link that gets a new address ends: as before, or where that is past, after the usual life."""
    if expires_at is None or expires_at > now:
        return expires_at
    return now + timedelta(days=validity_days or USUAL_LIFE_DAYS)
