"""When news goes out by mail."""

from datetime import UTC, datetime, time

import pytest

from webdoc_app.domain.notices import Pace, QuietHours, Topic, is_due, topic_of

MORNING = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)  # eight o'clock in Paris


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("pace", "happened", "moment", "due"),
    [
        (Pace.NOW, at(24, 9), at(24, 9), True),
        (Pace.NOW, at(20, 9), at(24, 9), False),
        (Pace.NEVER, at(24, 9), at(24, 9), False),
        (Pace.DAILY, at(23, 20), at(24, 6, 59), False),
        (Pace.DAILY, at(23, 20), MORNING, True),
        (Pace.DAILY, at(24, 6, 59), MORNING, True),
        (Pace.DAILY, MORNING, at(24, 20), False),
        (Pace.DAILY, MORNING, at(25, 7), True),
    ],
)
def test_when_news_is_due(pace: Pace, happened: datetime, moment: datetime, due: bool) -> None:
    assert is_due(pace, happened, moment) is due


def test_quiet_hours_go_past_midnight() -> None:
    night = QuietHours(time(22), time(7))
    assert [night.hold(at(24, hour)) for hour in (20, 21, 23, 5, 6)] == [False, True, True, True, False]
    noon = QuietHours(time(12), time(14))
    assert [noon.hold(at(24, hour)) for hour in (10, 11, 12, 13)] == [False, True, True, False]


def test_topics() -> None:
    assert topic_of("decision.accepted") is Topic.DECISIONS
    assert topic_of("note.mentioned") is Topic.MESSAGES
    assert topic_of("mail.failed") is None
