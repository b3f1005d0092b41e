"""Every handler of every state can be called by any socket, with any arguments: so each one is guarded.

`@merchant_only` stands right below `@rx.event`: it asks the database, at each event, whether the session of the
socket's cookie is still good; inside the handler `member()` says who it is. `@anyone` marks handlers that check
what they are given themselves (the client's page: each goes through a use case that takes the token).
A test walks all handlers and fails on one that has neither.
"""

import functools
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from contextvars import ContextVar
from typing import Any

import reflex as rx

from webdoc_app.domain.errors import Invalid, Refusal
from webdoc_app.locales import translate
from webdoc_app.services.accounts import Member, member_of
from webdoc_app.services.cookies import session_secret
from webdoc_app.services.sessions import note_seen
from webdoc_app.services.tracking import Visitor
from webdoc_app.services.work import reading

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
    """Runs the handler for a signed-in user; anyone else is sent to the login page. Refusals become notices."""

    @functools.wraps(handler)
    async def guarded(self: rx.State, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        found = await signed_in(self)
        if found is None:
            yield rx.redirect("/login")
            return
        _member.set(found)
        try:
            async for step in _steps(handler(self, *args, **kwargs)):
                yield step
        except Refusal as refusal:
            await _tell(self, words_of(refusal, found.language))

    guarded.__guarded__ = True
    return guarded


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
