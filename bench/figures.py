"""A figure of the table, and whether it reaches its goal."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One measured value. `unit` is "ms", "KB" (1 024 bytes), "×" (a ratio) or "" (a plain number).

    A goal is the most the value may be; None says that it is only told. `beside` says in words what a ratio
    was measured against. `value` is None for what could not be measured, and `beside` then says why.
    """

    measure: str
    name: str
    value: float | None
    unit: str = "ms"
    goal: float | None = None
    beside: str = ""

    @property
    def is_missed(self) -> bool:
        return self.value is not None and self.goal is not None and self.value > self.goal

    @property
    def verdict(self) -> str:
        """In plain words."""
        if self.value is None:
            return "not measured"
        if self.goal is None:
            return ""
        return "misses its goal" if self.is_missed else "ok"


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest of the values that at least `share` of them don't exceed (0.95: nearest-rank p95)."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def usual(values: Sequence[float]) -> float:
    """What work takes that is always the same: its quarter of fastest times knows little of a busy machine."""
    return percentile(values, 0.25)
