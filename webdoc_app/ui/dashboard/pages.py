"""Registers a merchant page: one address and one build a language."""

from collections.abc import Callable

import reflex as rx

from webdoc_app.locales import LANGUAGES
from webdoc_app.ui.kit.words import localized, speaking, t

Build = Callable[[], rx.Component]


def merchant_page(route: str, title: str, *loads: object) -> Callable[[Build], Build]:
    """The decorated function builds the page at `route`; `loads` read what it shows, at each connection anew."""

    def register(build: Build) -> Build:
        for language in LANGUAGES:
            _add(build, localized(route, language), title, language, loads)
        return build

    return register


def _add(build: Build, route: str, title: str, language: str, loads: tuple[object, ...]) -> None:
    def built() -> rx.Component:
        with speaking(language):
            return build()

    # Reflex names a page's component after the function.
    built.__name__ = f"{build.__name__}_{language}"
    with speaking(language):
        words = f"{t(title)} · Webdoc"
    rx.page(route=route, title=words, image="", description="", on_load=list(loads))(built)
