"""Meters: how fast something may go on, for each key, in this process alone.

For what comes hundreds of times a second and is cheap to refuse: bytes and events of sockets, lines of logs. Limits
that the workers share are counted by services/limits.
"""

import time
from collections import OrderedDict
from collections.abc import Callable


class Meter:
    """A bucket for each key: `burst` at once, then `a_second` in the long run.

    Knows at most `most_keys`; the one unused longest is forgotten first, which makes it full again.
    """

    def __init__(
        self,
        a_second: float,
        burst: float,
        *,
        most_keys: int = 20_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._a_second = a_second
        self._burst = burst
        self._most_keys = most_keys
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str, amount: float = 1.0, *, patience: float = 0.0) -> float | None:
        """Takes `amount` and says how many seconds to wait for it: 0 where it is there.

        None, and nothing is taken, where it would take longer than `patience` seconds.
        """
        now = self._clock()
        left, at = self._left.get(key, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._a_second)
        wait = max(0.0, (amount - left) / self._a_second)
        is_taken = wait <= patience
        self._left[key] = (left - amount if is_taken else left, now)
        self._left.move_to_end(key)
        if len(self._left) > self._most_keys:
            self._left.popitem(last=False)
        return wait if is_taken else None
