"""Calls that go out because of a notice nobody has checked yet: few from one address, few of one account.

PayPal's notices are checked by asking PayPal, or with a certificate fetched from where the notice says. So whoever writes
to the address can make us call. Only what turned out forged is counted: true notices come from PayPal's own addresses,
which nobody else has, and find room however much others send.
"""

import asyncio
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from webdoc_app.core.turns import FairTurns, NoTurn
from webdoc_app.domain.errors import TooMany
from webdoc_app.domain.tracking import truncated_address
from webdoc_app.integrations.payments.contract import Gate, Notice, PaymentsError
from webdoc_app.services import limits
from webdoc_app.settings import settings

PLACES, OF_ONE, WAITING = 16, 4, 100
"""Calls at once, those of one address, and how many of it may wait."""

_turns: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, FairTurns]" = weakref.WeakKeyDictionary()


def _new_turns() -> FairTurns:
    return FairTurns(PLACES, each=OF_ONE, waiting=WAITING if settings().limits else None)


def gate_of(account_id: str, address: str, is_ours: Callable[[Notice], Awaitable[bool]]) -> Gate:
    """The gate for one notice; `is_ours` says whether it speaks of an attempt of the account. Raises TooMany."""
    network = truncated_address(address) or address

    @asynccontextmanager
    async def gate(hint: Notice) -> AsyncIterator[None]:
        turns = _turns.setdefault(asyncio.get_running_loop(), _new_turns())
        try:
            async with turns.turn(network):
                await limits.insist_on_notice_room(account_id, network, lambda: is_ours(hint))
                try:
                    yield
                except PaymentsError:
                    await limits.note_bad_notice(account_id, network)
                    raise
        except NoTurn:
            raise TooMany("Trop de demandes en peu de temps. Réessayez dans une minute.") from None

    return gate
