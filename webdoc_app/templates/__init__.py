"""HTML templates and the style sheets written into pages: one sheet for screen, print and PDF.

Everything is escaped. Texts people wrote go through the filter `user`, which keeps a writing direction they
may carry to themselves.
"""

import functools
from collections.abc import Iterable
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from webdoc_app.domain.colors import Accent
from webdoc_app.domain.plain_links import Piece
from webdoc_app.locales import translate

_FOLDER = Path(__file__).parent


def render(template: str, language: str, **values: object) -> Markup:
    """The template as HTML; in it `t(msgid, name=…)` speaks `language`, `css(name)` is a style sheet."""

    def speak(sentence: str, **params: object) -> str:
        return translate(sentence, language, params)

    return Markup(_environment().get_template(template).render(values, t=speak, language=language))


@functools.cache
def css(name: str) -> Markup:
    """A style sheet of this folder, to be written into a page's `<style>`."""
    return Markup((_FOLDER / name).read_text("utf-8"))


def accent_css(accent: Accent) -> Markup:
    """The company's colour in both themes. Colours are checked `#rrggbb`, so they stand here as they are."""
    light = f"--accent:{accent.light};--on-accent:{accent.on_light}"
    dark = f"--accent:{accent.dark};--on-accent:{accent.on_dark}"
    return Markup(f":root{{{light}}}@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}")


def user_text(text: str) -> Markup:
    return Markup("<bdi>{}</bdi>").format(text)


def linked_text(pieces: Iterable[Piece]) -> Markup:
    """A text people wrote, its addresses as links that tell the other end nothing."""
    link = Markup('<a href="{}" target="_blank" rel="noopener noreferrer nofollow">{}</a>')
    parts = [link.format(p.href, p.text) if p.href else Markup("{}").format(p.text) for p in pieces]
    return Markup("<bdi>{}</bdi>").format(Markup("").join(parts))


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"user": user_text, "linked": linked_text}
    environment.globals |= {"css": css, "accent_css": accent_css}
    return environment
