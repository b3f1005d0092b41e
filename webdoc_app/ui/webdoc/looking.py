"""How long pages stood in view: counted by each tab's signs of life, kept when it leaves and now and then before."""

from dataclasses import dataclass
from datetime import timedelta

from webdoc_app.live.presence import presence
from webdoc_app.services.tracking import Watching, add_visible_time
from webdoc_app.services.work import now

LONGEST_LOOK = 6.0
"""Seconds one sign of life stands for at most: they come every four."""
SAVED_EVERY = 20.0
"""Seconds in view that may be lost with this process; every sign would be a write."""


@dataclass
class _Look:
    seen: Watching
    at: float
    unsaved: float = 0.0


_looks: dict[str, _Look] = {}
"""By tab. A tab's socket stays with one process, and so does this."""


async def sign(tab: str, seen: Watching) -> None:
    """The tab has this document in view; the one it showed before is left."""
    look = _looks.get(tab)
    if look and look.seen != seen:
        await goodbye(tab)
        await save(tab)
    look = _counted(tab) or _looks.setdefault(tab, _Look(seen, now().timestamp()))
    await presence.sign(seen.company_id, seen.document_id, tab)
    if look.unsaved >= SAVED_EVERY:
        await _keep(look)


async def goodbye(tab: str) -> None:
    """The tab was closed or hidden, or may no longer see its document."""
    if look := _looks.get(tab):
        await presence.goodbye(look.seen.company_id, look.seen.document_id, tab)


async def save(tab: str) -> None:
    """Keeps what is left of a tab that has gone, however it went."""
    look = _counted(tab)
    _looks.pop(tab, None)
    if look and look.unsaved >= 1:
        await _keep(look)


def _counted(tab: str) -> _Look | None:
    """The tab's look, with the time since its last sign counted."""
    look = _looks.get(tab)
    if look:
        moment = now().timestamp()
        look.unsaved += min(max(moment - look.at, 0.0), LONGEST_LOOK)
        look.at = moment
    return look


async def _keep(look: _Look) -> None:
    time, look.unsaved = timedelta(seconds=look.unsaved), 0.0
    await add_visible_time(look.seen, time)
