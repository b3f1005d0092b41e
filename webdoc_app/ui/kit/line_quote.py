"""A message about a line of the document, on both sides; what happens in the browser is told in line_quote.js."""

import reflex as rx

from webdoc_app.ui.kit.parts import anchor, user_text

_SCRIPT = rx.asset("line_quote.js", shared=True).importable_path


class LineSense(rx.Component):
    """Hears which line is to be quoted, and shows the line a message is about."""

    library = _SCRIPT
    tag = "LineSense"


class LineQuote(rx.Component):
    """In a composer: the line that was pressed, as a field `line`."""

    library = _SCRIPT
    tag = "LineQuote"

    remove_label: rx.Var[str]


def line_quote(text: rx.Var[str], href: rx.Var[str]) -> rx.Component:
    """What line a message is about, above its words."""
    return rx.cond(
        text != "",
        rx.el.blockquote(rx.cond(href != "", anchor(user_text(text), href=href), user_text(text))),
        rx.fragment(),
    )
