"""What the address of the page names. It is the browser's word: services check whose object it is."""

import reflex as rx


def named(state: rx.State, place: str) -> str:
    """The segment after `place`: of `/en/app/documents/4f…/edit`, after `documents`, it is `4f…`."""
    segments = str(state.router.url.path).split("/")
    if place not in segments[:-1]:
        return ""
    return segments[segments.index(place) + 1]
