"""The socket's door: what no page of ours would send is dropped before the framework sees it.

Of an unknown handler the framework would log the whole event - the link's token in the address, the session in
the cookie - and of a call that doesn't fit its handler a traceback. A page of an older build comes here too: it
learns of the mismatch when it connects.
"""

import inspect
import logging
from typing import Any

import reflex as rx
from reflex_base.registry import RegistrationContext

logger = logging.getLogger(__name__)


def guard_door(app: rx.App) -> None:
    """Puts the check in front of every event, the one that comes with the connection included."""
    namespace = app.event_namespace
    pass_on = namespace.on_event

    async def on_event(sid: str, *data: Any) -> None:
        if len(data) == 1 and fits(data[0]):
            await pass_on(sid, data[0])
        else:
            logger.info("an event was dropped: no page sends it")

    namespace.on_event = on_event  # type: ignore[method-assign]


def fits(data: Any) -> bool:
    """Whether an event names a handler, brings the arguments it takes, and an address. Their types are the handler's affair."""
    if not isinstance(data, dict) or not isinstance(name := data.get("name"), str):
        return False
    registered = RegistrationContext.get().event_handlers.get(name)
    return (
        registered is not None
        and _is_address(data.get("router_data"))
        and _binds(registered.handler.fn, data.get("payload"))
    )


def _is_address(router_data: Any) -> bool:
    if not isinstance(router_data, dict):
        return router_data is None
    query = router_data.get("query", {})
    paths = [router_data.get(name, "") for name in ("pathname", "asPath")]
    return (
        isinstance(query, dict)
        and all(isinstance(value, str) for value in query.values())
        and all(isinstance(path, str) for path in paths)
    )


def _binds(handler: Any, payload: Any) -> bool:
    if payload is None:
        payload = {}
    if not isinstance(payload, dict):
        return False
    try:
        inspect.signature(handler).bind(None, **payload)
    except TypeError:
        return False
    return True
