"""The measures there are. A file of `bench/measures` adds one with `@measure("name", "what it tells")`."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench import measures
from bench.figures import Figure
from bench.ground import Ground

Run = Callable[[Ground], Iterator[Figure]]


@dataclass(frozen=True)
class Measure:
    name: str
    tells: str
    run: Run


_known: dict[str, Measure] = {}


def measure(name: str, tells: str) -> Callable[[Run], Run]:
    """Registers a function that yields figures, to be selected by `name`."""

    def register(run: Run) -> Run:
        _known[name] = Measure(name, tells, run)
        return run

    return register


def all_measures() -> dict[str, Measure]:
    """Every measure by name, in the order of the files."""
    for module in sorted(found.name for found in pkgutil.iter_modules(measures.__path__)):
        importlib.import_module(f"{measures.__name__}.{module}")
    return _known
