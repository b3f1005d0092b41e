"""Openings: which of them are a person's, and which of those are one visit."""

from datetime import datetime, timedelta
from enum import StrEnum

VISIT_GAP = timedelta(minutes=30)
"""Views of one link from one device less than this apart are one visit."""


class OpeningClass(StrEnum):
    """Who looked: a person on the client's side, a machine, or the merchant themself."""

    CLIENT = "client"
    AUTOMATIC = "automatic"
    OWNER = "owner"


def same_visit(last_seen: datetime, now: datetime) -> bool:
    return now - last_seen < VISIT_GAP
