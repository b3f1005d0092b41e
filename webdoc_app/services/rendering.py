"""Who has which PDF rendered when: fair between companies, what a person waits for first, each one only once.

A rendering that several ask for meanwhile is one. What takes longer than others may be kept waiting for is given up
and done in the background, where one at a time may take its time: there is always a place for the rest.
"""

import asyncio
import logging
import weakref
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from webdoc_app.core.turns import FairTurns, NoTurn
from webdoc_app.domain.errors import Conflict, TooMany
from webdoc_app.integrations.pdf import LONGEST_SECONDS, PdfError, PdfTookTooLong
from webdoc_app.services.work import runtime
from webdoc_app.settings import settings

logger = logging.getLogger(__name__)

PLACES = 2
PATIENCE_SECONDS = 20.0
"""How long a person is kept waiting for a PDF."""
MOST_WAITING = 200
"""Renderings of one company that wait; whoever asks for one more may come back."""

IN_PREPARATION = "Votre PDF est en préparation. Revenez dans un instant, il sera prêt."
NOT_READY = "Le PDF n’est pas encore prêt. Réessayez dans un instant."

Render = Callable[[str, bytes | None], Awaitable[bytes]]
Make = Callable[[Render], Awaitable[bytes]]
"""Reads what is to be rendered, has it rendered, keeps it: the bytes that were kept."""


@dataclass
class _Flight:
    """One rendering, whoever waits for it."""

    company_id: str
    make: Make
    result: "asyncio.Future[bytes]"
    is_urgent: bool
    task: "asyncio.Task[None] | None" = None
    has_begun: bool = False


class _Desk:
    def __init__(self) -> None:
        waiting = MOST_WAITING if settings().limits else None
        self.turns = FairTurns(PLACES, each=1, waiting=waiting)
        self.long_ones = FairTurns(1)
        self.flights: dict[str, _Flight] = {}


_desks: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Desk]" = weakref.WeakKeyDictionary()


async def rendered(key: str, company_id: str, make: Make, *, urgent: bool = True) -> bytes:
    """The PDF `key` names; `urgent` where a person waits. `make` stores it: asked for again, it is not made again.

    Raises Conflict while it is being prepared or where it cannot be, TooMany where too many of the company's wait.
    """
    flight = _flight(key, company_id, make, urgent=urgent)
    done, _ = await asyncio.wait([flight.result], timeout=PATIENCE_SECONDS)
    if not done:
        raise Conflict(IN_PREPARATION)
    try:
        return flight.result.result()
    except NoTurn:
        raise TooMany("Beaucoup de PDF se préparent à la fois. Réessayez dans un instant.") from None
    except PdfError as failed:
        raise Conflict(NOT_READY) from failed
    except asyncio.CancelledError:
        raise Conflict(IN_PREPARATION) from None


def render_later(key: str, company_id: str, make: Make) -> None:
    """Has it rendered when nobody waits; should that fail, whoever asks for it first has it rendered."""
    _flight(key, company_id, make, urgent=False)


async def render_now_or_later(key: str, company_id: str, make: Make, *, patience: float) -> None:
    """The same, and waits for it no longer than `patience`, in seconds."""
    await asyncio.wait([_flight(key, company_id, make, urgent=True).result], timeout=patience)


async def stop() -> None:
    """Gives up what is under way."""
    desk = _desks.get(asyncio.get_running_loop())
    for flight in list(desk.flights.values()) if desk else []:
        if flight.task:
            flight.task.cancel()
            with suppress(asyncio.CancelledError):
                await flight.task


async def all_rendered() -> None:
    """Waits until nothing is under way."""
    desk = _desks.get(asyncio.get_running_loop())
    while desk and desk.flights:
        await asyncio.wait([flight.result for flight in desk.flights.values()])
        await asyncio.sleep(0)


def _flight(key: str, company_id: str, make: Make, *, urgent: bool) -> _Flight:
    desk = _desks.setdefault(asyncio.get_running_loop(), _Desk())
    flight = desk.flights.get(key)
    if flight is None:
        result = asyncio.get_running_loop().create_future()
        result.add_done_callback(_noted)
        flight = desk.flights[key] = _Flight(company_id, make, result, urgent)
        flight.task = asyncio.create_task(_fly(desk, key, flight))
    elif urgent and not flight.is_urgent and not flight.has_begun and flight.task:
        # Somebody waits for it now: it leaves the queue and joins the other one.
        flight.is_urgent = True
        flight.task.cancel()
        flight.task = asyncio.create_task(_fly(desk, key, flight))
    return flight


async def _fly(desk: _Desk, key: str, flight: _Flight) -> None:
    mine = asyncio.current_task()
    try:
        made = await _made(desk, flight)
        if not flight.result.done():
            flight.result.set_result(made)
    except asyncio.CancelledError:
        if flight.task is mine:
            flight.result.cancel()
        raise
    except Exception as failure:  # noqa: BLE001 - whoever waits gets it
        if not flight.result.done():
            flight.result.set_exception(failure)
    finally:
        if flight.task is mine:
            desk.flights.pop(key, None)


async def _made(desk: _Desk, flight: _Flight) -> bytes:
    render = runtime().render_pdf
    if render is None:
        raise PdfError("no renderer runs here")
    try:
        async with desk.turns.turn(flight.company_id, urgent=flight.is_urgent):
            flight.has_begun = True
            return await flight.make(render)
    except PdfTookTooLong:
        logger.warning("a PDF takes long, and is made in the background")
    slowly: Render = lambda source, logo: render(source, logo, seconds=LONGEST_SECONDS)  # type: ignore[call-arg]  # noqa: E731
    async with desk.long_ones.turn(flight.company_id), desk.turns.turn(f"{flight.company_id} long"):
        return await flight.make(slowly)


def _noted(result: "asyncio.Future[bytes]") -> None:
    """A failure nobody waited for is told in the log."""
    if not result.cancelled() and (failure := result.exception()) and not isinstance(failure, NoTurn):
        logger.error("a PDF could not be rendered yet: %s", failure)
