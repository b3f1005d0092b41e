"""Openings: which of them are a person's, and which of those are one visit."""

from datetime import datetime, timedelta
from enum import StrEnum

VISIT_GAP = timedelta(minutes=30)
"""Views of one link from one device less than this apart are one visit."""


class OpeningClass(StrEnum):
    """Who looked, and how sure that is: a machine; someone who fetched the page, had it in view, did something
    there; or the merchant themself.
    """

    AUTOMATIC = "automatic"
    FETCHED = "fetched"
    RENDERED = "rendered"
    ENGAGED = "engaged"
    OWNER = "owner"


def same_visit(last_seen: datetime, now: datetime) -> bool:
    return now - last_seen < VISIT_GAP
