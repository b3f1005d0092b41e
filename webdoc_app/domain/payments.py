"""What is due of a bill, the ways money comes in, and how far an attempt to pay may go."""

from dataclasses import dataclass
from enum import StrEnum

METHODS = ("cheque", "transfer", "cash", "card", "direct_debit", "other")
PROVIDERS = ("stripe", "paypal", "payzen")


class AttemptWord(StrEnum):
    """Where an attempt to pay stands, for us."""

    CREATED = "created"
    OPEN = "open"
    PROCESSING = "processing"
    PAID = "paid"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELED = "canceled"
    FLAGGED = "flagged"  # money came that is not what was asked for: a person looks at it


UNFINISHED = frozenset({AttemptWord.CREATED, AttemptWord.OPEN, AttemptWord.PROCESSING, AttemptWord.CANCELED})
"""What may still become something else by itself: a page that was left can still be paid on."""


def next_word(before: AttemptWord, told: AttemptWord) -> AttemptWord:
    """The word after the provider told `told`. What was paid stays so, whatever comes late; a late success counts."""
    if before is AttemptWord.PAID:
        return before
    if before is AttemptWord.CANCELED and told is AttemptWord.OPEN:
        return before
    return told


@dataclass(frozen=True)
class Balance:
    """Minor units. `prepaid` is BT-113, frozen in the document; `credited` its issued credit notes."""

    gross: int
    rounding: int = 0
    prepaid: int = 0
    paid: int = 0
    credited: int = 0

    @property
    def settled(self) -> int:
        """What was paid, before and since: the published `totals.paid`."""
        return self.prepaid + self.paid

    @property
    def due(self) -> int:
        """BT-115, then what came in since. Negative where more was paid, or where an imported file says so."""
        return self.gross + self.rounding - self.settled - self.credited

    @property
    def is_credited(self) -> bool:
        return self.credited > 0 and self.credited >= self.gross
