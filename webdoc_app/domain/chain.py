"""What remains of a document to deliver or to invoice, line by line through the chain.

A line made from another remembers it. What was taken from a line is the quantity of all lines of the wanted
kind below it, at any depth: an order of 10 of which a delivery of 4 was invoiced has 6 left to invoice.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from webdoc_app.domain.documents import Kind


@dataclass(frozen=True)
class ChainLine:
    id: str
    origin_id: str | None
    kind: Kind
    quantity: Decimal


def remaining_quantities(wanted: Kind, of: Iterable[str], lines: Iterable[ChainLine]) -> dict[str, Decimal]:
    """Quantity left to turn into `wanted` for each line id in `of`; never below zero.

    The tightest ancestor decides: a delivered line cannot be invoiced beyond what its order has left.
    """
    by_id = {line.id: line for line in lines}
    taken: dict[str, Decimal] = {}
    for line in by_id.values():
        if line.kind is wanted:
            for ancestor in _ancestors(line, by_id):
                taken[ancestor.id] = taken.get(ancestor.id, Decimal(0)) + line.quantity
    return {line_id: _left(by_id[line_id], by_id, taken) for line_id in of}


def _left(line: ChainLine, by_id: Mapping[str, ChainLine], taken: Mapping[str, Decimal]) -> Decimal:
    branch = [line, *_ancestors(line, by_id)]
    return max(min(each.quantity - taken.get(each.id, Decimal(0)) for each in branch), Decimal(0))


def _ancestors(line: ChainLine, by_id: Mapping[str, ChainLine]) -> Iterable[ChainLine]:
    seen = {line.id}
    while line.origin_id and line.origin_id in by_id and line.origin_id not in seen:
        line = by_id[line.origin_id]
        seen.add(line.id)
        yield line
