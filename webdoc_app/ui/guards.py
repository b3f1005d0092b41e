"""Every handler of every state can be called by any socket, with any arguments: so each one is guarded.

`@merchant_only` stands right below `@rx.event`: it asks the database, at each event, whether the session of the
socket's cookie is still good; inside the handler `member()` says who it is. `@anyone` marks handlers that check
what they are given themselves (the client's page: each goes through a use case that takes the token).
A test walks all handlers and fails on one that has neither.

A handler that acts takes a `form`, or the argument `at`: either says what the page was opened for (`Here.object`), and
where the address of the event names something else, or another session looks, nothing is done.
"""

import functools
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from contextvars import ContextVar
from typing import Any

import reflex as rx

from webdoc_app.domain.errors import Conflict, Invalid, Refusal
from webdoc_app.locales import translate
from webdoc_app.services.accounts import Member, member_of
from webdoc_app.services.cookies import session_secret
from webdoc_app.services.sessions import note_seen
from webdoc_app.services.tracking import Visitor
from webdoc_app.services.work import reading
from webdoc_app.ui.tabs.emptying import begin_reading
from webdoc_app.ui.tabs.ending import end_tab
from webdoc_app.ui.tabs.places import object_of

_member: ContextVar[Member] = ContextVar("member")
Handler = Callable[..., Any]


def member() -> Member:
    """Who is signed in, inside a handler marked `@merchant_only`."""
    return _member.get()


async def signed_in(state: rx.State) -> Member | None:
    """Who the socket's session cookie belongs to now, if anyone."""
    secret = session_secret(state.router.headers.cookie or "")
    if not secret:
        return None
    async with reading() as session:
        found = await member_of(session, secret)
    if found:
        note_seen(found.session_id, found.seen_at)
    return found


async def visitor_of(state: rx.State) -> Visitor:
    """Where the socket comes from; its own merchant session tells an owner from a client."""
    found = await signed_in(state)
    return Visitor(
        address=state.router.session.client_ip or "",
        user_agent=(state.router.headers.user_agent or "")[:500],
        company_id=found.company_id if found else "",
    )


def merchant_only(handler: Handler) -> Handler:
    """Runs the handler for a signed-in user; for anyone else the tab is emptied and sent to the login page.

    Refusals become notices. A form or a button of another page than the address names is refused.
    """
    parameters = inspect.signature(handler)
    acts = not {"form", "at"}.isdisjoint(parameters.parameters)

    @functools.wraps(handler)
    async def guarded(self: rx.State, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        found = await signed_in(self)
        if found is None:
            await end_tab(self)
            yield None
            return
        if handler.__name__ == "refresh" and not getattr(self, "loaded", True):
            return  # news of the page before: this one reads for itself
        _member.set(found)
        if handler.__name__ == "load":
            begin_reading(self)
        try:
            if acts:
                _insist_object(self, parameters.bind(self, *args, **kwargs).arguments)
            async for step in _steps(handler(self, *args, **kwargs)):
                yield step
        except Refusal as refusal:
            await _tell(self, words_of(refusal, found.language))

    guarded.__guarded__ = True
    return guarded


def _insist_object(state: rx.State, given: dict[str, Any]) -> None:
    """What a page was opened for is what its address names now. Raises Conflict."""
    form = given.get("form")
    opened = given.get("at") if "at" in given else form.get("at") if isinstance(form, dict) else None
    if not opened or opened != object_of(state.router_data):
        raise Conflict("Cette page montre maintenant autre chose : rien n’a été enregistré. Recommencez ici.")


def anyone(handler: Handler) -> Handler:
    """Marks a handler that anyone may call: it trusts none of its arguments and nothing of its state."""
    handler.__guarded__ = True
    return handler


async def _steps(outcome: Any) -> AsyncIterator[Any]:
    """What a handler gives, whichever way it is written: plain, async, or a generator of steps."""
    if inspect.isasyncgen(outcome):
        async for step in outcome:
            yield step
    elif inspect.isawaitable(outcome):
        yield await _awaited(outcome)
    elif inspect.isgenerator(outcome):
        for step in outcome:
            yield step
    else:
        yield outcome


async def _awaited(outcome: Awaitable[Any]) -> Any:
    return await outcome


def words_of(refusal: Refusal, language: str) -> str:
    """The refusal in the reader's language; of invalid input, each field's reason."""
    if isinstance(refusal, Invalid):
        return " ".join(translate(e.sentence, language, e.params) for e in refusal.errors)
    return translate(refusal.sentence, language, refusal.params)


async def _tell(state: rx.State, words: str) -> None:
    from webdoc_app.ui.kit.notice import Notice

    notice = await state.get_state(Notice)
    notice._say(words, problem=True)
