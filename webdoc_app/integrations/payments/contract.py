"""What a payment provider does for us, whatever its own words are. Only hosted pages: no card ever comes near us.

Amounts are minor units of an ISO 4217 currency. A provider object belongs to one account of one company; its
keys never leave it.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class PaymentsError(Exception):
    """The family of what may go wrong with a provider. The message holds no secret, nothing of a card."""


class Unreachable(PaymentsError):
    """No answer, or none that can be understood: what was asked may have been done. Ask again."""


class Declined(PaymentsError):
    """The provider understood and said no; asking again says no again."""


class BadCredentials(Declined):
    """The account's keys are not good, or not of this mode."""


class BadSignature(PaymentsError):
    """What came in is not signed by this account's provider, or not now."""


class AttemptState(StrEnum):
    """How far an attempt to pay is, at its provider."""

    OPEN = "open"  # the person may still pay
    PROCESSING = "processing"  # given, and the bank takes its time
    PAID = "paid"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELED = "canceled"


@dataclass(frozen=True)
class Checkout:
    """What to open a hosted page for. `attempt_id` is also the idempotency key of whatever is asked.

    `reference` is given where the provider makes no name for an attempt itself.
    """

    attempt_id: str
    amount_minor: int
    currency: str
    description: str
    company_name: str
    email: str
    language: str
    return_url: str
    cancel_url: str
    webhook_url: str
    expires_at: datetime
    reference: str = ""


@dataclass(frozen=True)
class Started:
    """`reference` is the provider's name for it; `url` its page, checked to be the provider's own."""

    reference: str
    url: str


@dataclass(frozen=True)
class Refunded:
    """Money that went back. Only what is certain is told; one that failed later came home again.

    `of_dispute`: the very money a lost dispute took, listed among the refunds too.
    """

    id: str
    amount_minor: int
    failed: bool = False
    made_at: datetime | None = None
    of_dispute: bool = False


class DisputeState(StrEnum):
    NONE = ""
    OPEN = "open"
    WON = "won"
    LOST = "lost"


@dataclass(frozen=True)
class Dispute:
    """What the person's bank asks back, and how that stands: of several, open as long as one is.

    `amount_minor` is what those of this state are about; `lost_minor` what all of them took, in the end.
    """

    state: DisputeState
    amount_minor: int = 0
    lost_minor: int = 0


UNDISPUTED = Dispute(DisputeState.NONE)


def sum_of(disputes: Sequence[tuple[DisputeState, int]]) -> Dispute:
    """Each one's state and amount, as one."""
    amounts = {state: sum(amount for each, amount in disputes if each is state) for state, _ in disputes}
    for state in (DisputeState.OPEN, DisputeState.LOST, DisputeState.WON):
        if state in amounts:
            return Dispute(state, amounts[state], amounts.get(DisputeState.LOST, 0))
    return UNDISPUTED


@dataclass(frozen=True)
class Captured:
    """Money that came in, as the provider tells it now.

    `withdrawn_minor`: what of it was called off before the bank took it, in all; no refund tells of that.
    `dispute` is None where nobody asked about disputes.
    """

    id: str
    amount_minor: int
    currency: str
    receipt_url: str = ""
    refunds: tuple[Refunded, ...] = ()
    withdrawn_minor: int = 0
    dispute: Dispute | None = UNDISPUTED
    fee_minor: int | None = None


@dataclass(frozen=True)
class Snapshot:
    """All that a provider knows of one attempt, at this moment."""

    state: AttemptState
    captured: tuple[Captured, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Told:
    """What a provider that cannot be asked has signed, every field that matters in its exact form.

    Whether it is an attempt's own only the attempt can tell: `reference` is the provider's name for it, `seal` the
    signature it came with, `name` the provider's for this very try, empty where it has none.
    """

    snapshot: Snapshot
    reference: str
    seal: str
    name: str = ""


@dataclass(frozen=True)
class Notice:
    """A webhook that was checked: which event it is, and the attempts it may speak of. Only a hint to ask.

    `of_dispute`: ask about disputes too. `told` is what the notice itself says, of a provider that cannot be asked.
    """

    event_id: str
    attempt_ids: tuple[str, ...] = ()
    references: tuple[str, ...] = field(default=())
    of_dispute: bool = False
    told: Told | None = None


Gate = Callable[[Notice], AbstractAsyncContextManager[None]]
"""Held while a call goes out because of a notice nobody has checked yet; given what the notice says it is."""


def no_gate(_: Notice) -> AbstractAsyncContextManager[None]:
    """Every call may go."""
    return nullcontext()


class Provider(Protocol):
    """One account at one provider. Every call may raise Unreachable or Declined."""

    answers: bool
    """Whether it can be asked. If not, it is a FormProvider, and what it signs is all there is to know."""

    async def check(self) -> None:
        """Raises BadCredentials where the keys are not good for this mode."""

    async def start(self, checkout: Checkout) -> Started:
        """Opens a hosted page. Asked twice for the same attempt, there is one page."""

    async def fetch(
        self, attempt_id: str, reference: str, *, capture: bool, disputes: bool = False
    ) -> Snapshot:
        """What became of it. With `capture`, money that was agreed to and only waits for us is taken.

        `disputes`: look for disputes even where that costs calls of its own.
        """

    async def expire(self, reference: str) -> None:
        """Closes the page, so that nobody pays there any more. Already closed or paid is no fault."""

    async def refund(self, captured_id: str, amount_minor: int, currency: str, key: str) -> Refunded:
        """Gives back a part or all of a payment; the same `key` gives it back once."""

    async def read_webhook(
        self, body: bytes, headers: Mapping[str, str], moment: datetime, gate: Gate = no_gate
    ) -> Notice:
        """Raises BadSignature. `headers` has lower-case names; a call that checking needs goes through `gate`."""


@dataclass(frozen=True)
class PayForm:
    """A form the person sends to the provider: where it goes, and its signed fields."""

    action: str
    fields: Mapping[str, str]


class FormProvider(Provider, Protocol):
    """Without an interface for programs: a signed form leads to its page, signed fields come back."""

    def form(self, checkout: Checkout) -> PayForm:
        """The same fields for the same `reference`. Raises Declined for a currency it does not take."""

    def read_fields(self, fields: Sequence[tuple[str, str]]) -> Notice:
        """What a notice, or the person's browser, brings, name by name as it came. Raises BadSignature."""
