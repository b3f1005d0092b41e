"""What an event from a socket must look like, and what of it is handed on: the fields a page sends, nothing else."""

import inspect
from typing import Any
from urllib.parse import urlsplit

from reflex_base.registry import RegistrationContext

STATE = "reflex___state____state"
HYDRATE = f"{STATE}.hydrate_and_load"
ON_LOAD = f"{STATE}.reflex___state____on_load_internal_state.on_load_internal"
REPORT = f"{STATE}.reflex___state____frontend_event_exception_state.handle_frontend_exception"
FRAMEWORK = frozenset({HYDRATE, ON_LOAD, REPORT})
"""Handlers of the framework that our pages call. It has more: they set variables, and raise on what doesn't fit."""

LONGEST_ADDRESS = 2_000
MOST_QUERY = 50


def cleaned(data: Any) -> dict[str, Any] | None:
    """The event as a page of ours sends it; None where it names no handler of a page, or doesn't fit it.

    The types of its arguments are the handler's affair.
    """
    if not isinstance(data, dict) or not isinstance(name := data.get("name"), str):
        return None
    registered = RegistrationContext.get().event_handlers.get(name)
    place = _place(data.get("router_data"))
    payload = data.get("payload")
    payload = {} if payload is None else payload
    if registered is None or place is None or not is_ours_or_needed(name, registered.handler.fn):
        return None
    if not isinstance(payload, dict) or not _binds(registered.handler.fn, payload):
        return None
    if name in (HYDRATE, ON_LOAD):
        # Our states keep nothing in the browser's storage: there is nothing to bring along.
        payload = {}
    return {"name": name, "payload": payload, "router_data": place}


def is_ours_or_needed(name: str, handler: Any) -> bool:
    return name in FRAMEWORK or handler.__module__.startswith("webdoc_app.")


def address_in(event: dict[str, Any]) -> str:
    """The path of the page an event says it comes from."""
    return str(event["router_data"].get("asPath") or event["router_data"].get("pathname") or "")


def _place(router_data: Any) -> dict[str, Any] | None:
    if router_data is None:
        return {}
    if not isinstance(router_data, dict):
        return None
    query = router_data.get("query", {})
    place = {name: router_data[name] for name in ("pathname", "asPath") if name in router_data}
    if not isinstance(query, dict) or len(query) > MOST_QUERY:
        return None
    texts = [*place.values(), *query.keys(), *query.values()]
    if not all(isinstance(text, str) for text in texts):
        return None
    if not all(_is_path(path) for path in place.values()):
        return None
    if sum(len(text) for text in (*query.keys(), *query.values())) > LONGEST_ADDRESS:
        return None
    return {**place, "query": query}


def _is_path(path: str) -> bool:
    try:
        urlsplit(path)
    except ValueError:
        return False
    return len(path) <= LONGEST_ADDRESS and (not path or path.startswith("/"))


def _binds(handler: Any, payload: dict[str, Any]) -> bool:
    try:
        inspect.signature(handler).bind(None, **payload)
    except TypeError:
        return False
    return True
