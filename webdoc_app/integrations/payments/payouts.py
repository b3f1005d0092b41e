"""What a provider that pays out tells of it: money sent to the company's bank, and what each sum is made of.

Amounts are minor units of the payout's own currency, which is that of the company's balance at the provider.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from webdoc_app.integrations.payments.contract import Provider


class PayoutState(StrEnum):
    """How far the money is on its way to the bank."""

    PENDING = "pending"
    IN_TRANSIT = "in_transit"
    PAID = "paid"
    FAILED = "failed"
    CANCELED = "canceled"


class LineKind(StrEnum):
    PAYMENT = "payment"
    REFUND = "refund"  # also one that failed, and is money again
    DISPUTE = "dispute"
    OTHER = "other"  # fees by themselves, corrections, reserves


@dataclass(frozen=True)
class PaidOut:
    """`is_itemized`: the provider knows which payments it holds, and can be asked now."""

    id: str
    amount_minor: int
    currency: str
    state: PayoutState
    arrives_on: date
    sent_at: datetime
    is_itemized: bool = False


@dataclass(frozen=True)
class PaidOutLine:
    """One movement of the balance. `name` is the ledger's name for it (services/settling_case), empty where it has none.

    `gross_minor` less `fee_minor` is what it adds to the payout. `attempt_id` is ours, where the provider has it.
    """

    id: str
    kind: LineKind
    gross_minor: int
    fee_minor: int = 0
    name: str = ""
    attempt_id: str = ""


class PayoutTeller(Provider, Protocol):
    """A provider that can be asked about payouts. Every call may raise Unreachable or Declined."""

    async def payouts(self, since: datetime, until: datetime) -> Sequence[PaidOut]:
        """Those sent between. Raises Declined where the keys may not read them."""

    async def payout_lines(self, payout_id: str) -> Sequence[PaidOutLine]:
        """What one that is itemized is made of."""
