"""What a hit is worth: every combination of its facts, and the rules that hold for all of them."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from webdoc_app.domain.tracking import Act, Agent, Hit, OpeningClass, is_news, judge, truncated_address

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
ALL_HITS = [
    Hit(act, agent, *facts) for act, agent, *facts in itertools.product(Act, Agent, *[(False, True)] * 5)
]


def test_only_a_gesture_an_answer_or_an_unsuspected_view_counts() -> None:
    for hit in ALL_HITS:
        judged = judge(hit)
        suspected = hit.agent is not Agent.BROWSER or any(
            (hit.prefetch, hit.webdriver, hit.head_before, hit.scan_like)
        )
        sure = hit.act in (Act.GESTURE, Act.POST) or (hit.act is Act.SIGHT and not suspected)
        assert judged.counts is (sure and not hit.owner), hit
        assert (judged.class_ is OpeningClass.OWNER) is hit.owner


def test_asking_alone_is_fetched_or_automatic_whoever_asks() -> None:
    for hit in ALL_HITS:
        if hit.act in (Act.HEAD, Act.FETCH) and not hit.owner:
            assert judge(hit).class_ in (OpeningClass.AUTOMATIC, OpeningClass.FETCHED)
            assert not judge(hit).counts


def test_what_is_held_back_says_why() -> None:
    for hit in ALL_HITS:
        judged = judge(hit)
        if judged.class_ in (OpeningClass.AUTOMATIC, OpeningClass.RENDERED) and not judged.counts:
            assert judged.signals, hit


@pytest.mark.parametrize(
    ("before", "told", "version", "expected"),
    [
        (None, 0, 1, True),
        (NOW - timedelta(hours=1), 1, 1, False),
        (NOW - timedelta(hours=1), 1, 2, True),
        (NOW - timedelta(days=7) + timedelta(seconds=1), 1, 1, False),
        (NOW - timedelta(days=7), 1, 1, True),
    ],
)
def test_a_visit_is_news_once_a_version_and_after_a_week(
    before: datetime | None, told: int, version: int, expected: bool
) -> None:
    assert is_news(before=before, told_version=told, version=version, now=NOW) is expected


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("203.0.113.77", "203.0.113.0"),
        ("::ffff:203.0.113.77", "203.0.113.0"),
        ("2001:db8:abcd:12:34::1", "2001:db8:abcd::"),
        ("fe80::1%eth0", "fe80::"),
        ("testclient", ""),
        ("", ""),
    ],
)
def test_a_truncated_address_is_its_network(address: str, kept: str) -> None:
    assert truncated_address(address) == kept
