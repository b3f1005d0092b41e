"""What the address of the page names. It is the browser's word: services check whose object it is."""

import reflex as rx


def named(state: rx.State, place: str) -> str:
    """The segment after `place`: of `/en/app/documents/4f…/edit`, after `documents`, it is `4f…`."""
    segments = str(state.router.url.path).split("/")
    if place not in segments[:-1]:
        return ""
    return segments[segments.index(place) + 1]


def is_at(state: rx.State, address: str) -> bool:
    """Whether the page is still this one: what is typed is told a moment later."""
    return str(state.router.url.path).rstrip("/") == address


def follow_search(typed: list[str], shown: str) -> tuple[list[str], bool]:
    """What was typed and is not shown yet, and whether the field must be made anew, because the address says something
    that nobody typed into it: a link, the way back."""
    if shown in typed:
        return typed[typed.index(shown) :], False
    return [shown], True
