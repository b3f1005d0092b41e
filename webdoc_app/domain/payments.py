"""What is due of a bill, and the ways money comes in."""

from dataclasses import dataclass

METHODS = ("cheque", "transfer", "cash", "card", "direct_debit", "other")


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
