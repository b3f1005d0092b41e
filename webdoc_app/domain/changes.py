"""What differs between two versions of a document, in numbers a sentence can be made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_SAID = ("title", "notes", "valid_until", "deposit_percent")


@dataclass(frozen=True)
class Changes:
    """Counts of lines; `amount_minor` is the gross's difference; `fields` are other frozen fields that changed."""

    added: int = 0
    removed: int = 0
    altered: int = 0
    amount_minor: int = 0
    fields: tuple[str, ...] = ()


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> Changes:
    """From one frozen content to another of the same document; lines are known by their id."""
    old = {line["id"]: line for line in before["lines"]}
    new = {line["id"]: line for line in after["lines"]}
    return Changes(
        added=len(new.keys() - old.keys()),
        removed=len(old.keys() - new.keys()),
        altered=sum(_differs(old[id_], new[id_]) for id_ in old.keys() & new.keys()),
        amount_minor=after["gross_minor"] - before["gross_minor"],
        fields=tuple(name for name in _SAID if before[name] != after[name]),
    )


def _differs(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return {**one, "position": 0} != {**other, "position": 0}
