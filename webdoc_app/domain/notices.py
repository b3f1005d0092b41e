"""Which news goes to a person by mail, and when: at once, once a day, or never; not in quiet hours. The bell has all."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
DIGEST_HOUR = time(8)
FORGOTTEN_AFTER = timedelta(hours=72)
"""Older news is no news: a mail about it would only surprise."""


class Pace(StrEnum):
    NOW = "now"
    DAILY = "daily"
    NEVER = "never"


class Topic(StrEnum):
    DECISIONS = "decisions"
    PAYMENTS = "payments"
    MESSAGES = "messages"
    OPENINGS = "openings"


USUAL = {
    Topic.DECISIONS: Pace.NOW,
    Topic.PAYMENTS: Pace.NOW,
    Topic.MESSAGES: Pace.NOW,
    Topic.OPENINGS: Pace.NEVER,
}
_TOPICS = {
    "decision": Topic.DECISIONS,
    "payment": Topic.PAYMENTS,
    "message": Topic.MESSAGES,
    "note": Topic.MESSAGES,
    "opening": Topic.OPENINGS,
}


def topic_of(type_: str) -> Topic | None:
    """`decision.accepted` -> decisions; None for news that has a mail of its own, or none."""
    return _TOPICS.get(type_.partition(".")[0])


@dataclass(frozen=True)
class QuietHours:
    """From one hour of the day to another, Paris time, past midnight too; none where both are the same."""

    start: time
    end: time

    def hold(self, moment: datetime) -> bool:
        now = moment.astimezone(PARIS).time()
        if self.start <= self.end:
            return self.start <= now < self.end
        return now >= self.start or now < self.end


def is_due(pace: Pace, happened: datetime, moment: datetime) -> bool:
    """Whether news of that pace leaves now: at once, or at eight o'clock if it is from before eight."""
    if moment - happened > FORGOTTEN_AFTER:
        return False
    if pace is Pace.DAILY:
        eight = datetime.combine(moment.astimezone(PARIS).date(), DIGEST_HOUR, PARIS)
        return happened < eight <= moment
    return pace is Pace.NOW
