"""Forms, tokens that open nothing and visits are counted the same however they come; Redis away refuses nobody."""

import pytest

from webdoc_app.domain.errors import TooMany
from webdoc_app.services import limits
from webdoc_app.settings import settings

PHONE = [f"device{number}" for number in range(30)]


@pytest.fixture(params=["alone", "redis away"], autouse=True)
def within_limits(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WEBDOC_LIMITS", "1")
    if request.param == "redis away":
        monkeypatch.setenv("WEBDOC_REDIS_URL", "redis://127.0.0.1:1/0")
    settings.cache_clear()
    limits._by_loop.clear()
    yield
    settings.cache_clear()
    limits._by_loop.clear()


async def test_ten_devices_of_a_network_count_as_visitors_of_a_link_each_as_often_as_it_looks() -> None:
    seen = [await limits.may_be_seen("link", "192.0.2.1", device) for device in PHONE]
    assert seen == [True] * 10 + [False] * 20
    assert await limits.may_be_seen("link", "192.0.2.1", PHONE[3])
    assert await limits.may_be_seen("link", "192.0.2.2", PHONE[20])
    assert await limits.may_be_seen("other", "192.0.2.1", PHONE[20])


async def test_a_page_says_that_it_is_seen_sixty_times_a_minute_at_most() -> None:
    seen = [await limits.may_be_seen("link", "2001:db8::1", "device") for _ in range(70)]
    assert seen == [True] * 60 + [False] * 10
    assert not await limits.may_be_seen("link", "2001:db8::2", "device")


async def test_three_hundred_forms_and_six_hundred_unknown_tokens_a_minute_and_household() -> None:
    for _ in range(300):
        await limits.allow_form("2001:db8::1")
    with pytest.raises(TooMany):
        await limits.allow_form("2001:db8::2")
    await limits.allow_form("2001:db8:0:1::2")
    assert not any([await limits.is_unknown_too_often("192.0.2.1") for _ in range(600)])
    assert await limits.is_unknown_too_often("192.0.2.1")
    assert not await limits.is_unknown_too_often("192.0.2.2")
