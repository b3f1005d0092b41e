"""So much at once, then so much a second; for each key."""

from webdoc_app.core.meters import Meter


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_then_as_much_as_comes_back() -> None:
    clock = Clock()
    meter = Meter(2, 3, clock=clock)
    assert [meter.take("a") for _ in range(4)] == [0, 0, 0, None]
    assert meter.take("b") == 0
    clock.now += 0.5
    assert [meter.take("a") for _ in range(2)] == [0, None]
    clock.now += 1_000
    assert [meter.take("a") for _ in range(4)] == [0, 0, 0, None]


def test_with_patience_it_says_how_long_to_wait_and_what_waits_longer_takes_nothing() -> None:
    clock = Clock()
    meter = Meter(2, 1, clock=clock)
    assert [meter.take("a", patience=1) for _ in range(4)] == [0, 0.5, 1, None]
    clock.now += 0.5
    assert meter.take("a", patience=1) == 1


def test_the_key_unused_longest_is_forgotten_first() -> None:
    meter = Meter(1, 1, most_keys=2, clock=Clock())
    for key in ("a", "b", "a", "c"):
        meter.take(key)
    assert meter.take("a") is None
    assert meter.take("b") == 0
