"""Emptying the state of a tab: all of it for another session, all that belongs to a page for another page.

A state needs to do nothing for it: whatever is declared in this application is emptied, so a new page cannot forget.
The few that outlive a page say so.
"""

from collections.abc import Callable, Iterator
from typing import TypeVar

from reflex.istate.manager import StateManager
from reflex.istate.manager.redis import StateManagerRedis
from reflex.istate.manager.token import BaseStateToken
from reflex.state import BaseState, State

from webdoc_app.live.watchers import watchers

OURS = "webdoc_app."
StateClass = TypeVar("StateClass", bound=type[BaseState])

_staying: set[type[BaseState]] = set()
_by_query: set[type[BaseState]] = set()
_kept: dict[type[BaseState], frozenset[str]] = {}
_shown_once: dict[type[BaseState], frozenset[str]] = {}


def stays(state: StateClass) -> StateClass:
    """Decorates a state that belongs to who is signed in, not to a page: it goes with the session only."""
    _staying.add(state)
    return state


def keeps(*names: str) -> Callable[[StateClass], StateClass]:
    """Decorates a state some of whose vars outlive a change of address: none that shows or saves an object."""

    def mark(state: StateClass) -> StateClass:
        _kept[state] = frozenset(names)
        return state

    return mark


def by_query(state: StateClass) -> StateClass:
    """Decorates a state of a list that the query of the address chooses: emptied and read at once by its `load`.

    Emptied before, it would flicker at each letter of a search.
    """
    _by_query.add(state)
    return state


def shows_once(*names: str) -> Callable[[StateClass], StateClass]:
    """Decorates a state with secrets that only ever pass through it: see `forget_shown`."""

    def mark(state: StateClass) -> StateClass:
        _shown_once[state] = frozenset(names)
        return state

    return mark


def forget_shown(state: BaseState, name: str) -> None:
    """Takes a secret back from the server at once, and from no screen: what was sent stays there until it is left."""
    setattr(state, name, type(state).__fields__[name].default_value())
    state.dirty_vars.discard(name)


def begin_reading(state: BaseState) -> None:
    """What a list showed for another query is gone, whatever becomes of reading it."""
    if type(state) in _by_query:
        _empty(state, _kept.get(type(state), ()))


async def empty(manager: StateManager, root: BaseState, token: str, *, everything: bool) -> None:
    """Puts our states back to what they were before anything was read.

    The browser is told with the next delta. What was emptied is told no more news.
    """
    if isinstance(manager, StateManagerRedis):
        await manager.get_state(BaseStateToken(ident=token, cls=State), for_state_instance=root)
    for state in _ours(root):
        if everything or type(state) not in _staying:
            _empty(state, () if everything else _kept.get(type(state), ()))
    if everything:
        watchers.forget(token)
    else:
        watchers.leave_pages(token)


def _ours(state: BaseState) -> Iterator[BaseState]:
    for below in state.substates.values():
        if type(below).__module__.startswith(OURS):
            yield below
        yield from _ours(below)


def _empty(state: BaseState, kept: frozenset[str] | tuple[()]) -> None:
    shown = _shown_once.get(type(state), ())
    for name, field in type(state).__fields__.items():
        if field._owner is not type(state) or name in kept or name.startswith("rx_"):
            continue
        default = field.default_value()
        # A screen may still hold what the server no longer does.
        if state.get_value(name) != default or name in shown:
            setattr(state, name, default)
