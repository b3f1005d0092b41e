"""What a tab shows, and for whom: read from the address and the cookie that come with each of its events."""

import hashlib
from collections.abc import Mapping
from typing import Any

import reflex as rx
from reflex_base.constants import RouteVar

from webdoc_app.locales import LANGUAGES
from webdoc_app.services.cookies import session_secret

RouterData = Mapping[str, Any]
"""What Reflex keeps of an event: the address, and of its socket the headers and the id."""

FILLED_BY = "filled_by"
"""Stands in it where a state was emptied for a session that has sent nothing yet."""


class Here(rx.State):
    """`object` is what the page on the screen was read for: each form sends it along. `away` is an address to go to."""

    object: str = ""
    away: str = ""


def place_of(told: RouterData) -> str:
    """What an address names: its path and query. Of a client's page the link alone, in whichever language."""
    path, query = _split(told)
    segments = path.split("/")[1:]
    below = segments[1:] if segments[0] in LANGUAGES else segments
    if below[:1] == ["d"]:
        return "/".join(["", *below[:2]])
    return f"{path}?{query}" if query else path


def object_of(told: RouterData) -> str:
    """The path of a merchant's page and a mark of the session that looks at it; empty elsewhere.

    Not the query: what a list is filtered by changes nothing of the forms beside it.
    """
    path, _ = _split(told)
    if "app" not in path.split("/")[1:3]:
        return ""
    return f"{path} {session_of(told)[:12]}"


def session_of(told: RouterData) -> str:
    """The id of the session in an event's cookie, whether it is good or not; empty without one."""
    if FILLED_BY in told:
        return str(told[FILLED_BY])
    secret = session_secret(_cookie(told))
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest() if secret else ""


def same_session(one: RouterData, other: RouterData) -> bool:
    if FILLED_BY not in one and _cookie(one) == _cookie(other):
        return True  # a cookie is only read where it changed
    return session_of(one) == session_of(other)


def _split(told: RouterData) -> tuple[str, str]:
    address = str(told.get(RouteVar.ORIGIN) or "").partition("#")[0]
    path, _, query = address.partition("?")
    return "/" + "/".join(part for part in path.split("/") if part), query


def _cookie(told: RouterData) -> str:
    headers = told.get(RouteVar.HEADERS) or {}
    return str(headers.get("cookie") or "")
