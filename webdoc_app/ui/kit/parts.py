"""Small parts of the merchant's pages: badges, panels, fields, empty places. No state."""

import reflex as rx
from reflex_components_core.el.elements.base import BaseHTML
from reflex_components_core.el.elements.inline import A
from reflex_components_core.react_router.dom import ReactRouterLink

from webdoc_app.ui.kit.words import t

Content = rx.Component | rx.Var[str] | str


def link(*children: Content, to: str | rx.Var[str], class_name: str = "", **props: object) -> rx.Component:
    """A link to another merchant page, without loading everything anew."""
    return ReactRouterLink.create(*children, to=to, class_name=class_name, **props)


def anchor(*children: Content, href: str | rx.Var[str], **props: object) -> rx.Component:
    """A plain link, followed by the browser itself: to a file, or to a page the server writes whole.

    `rx.el.a` would have the pages' router look for it, and find nothing.
    """
    return A.create(*children, href=href, **props)


class _PlainForm(BaseHTML):
    tag = "form"

    action: rx.Var[str]
    method: rx.Var[str]


def plain_form(*children: Content, action: str | rx.Var[str], **props: object) -> rx.Component:
    """A form the browser posts by itself, as on a page without scripts. `rx.el.form` never leaves the page."""
    return _PlainForm.create(*children, action=action, method="post", **props)


def badge(status: str | rx.Var[str], label: str | rx.Var[str], **props: object) -> rx.Component:
    """A status as a word with a colour and a shape (see `.badge` in app.css)."""
    return rx.el.span(label, class_name=rx.Var.create(f"badge {status}"), **props)


def panel(title: str, *children: Content, **props: object) -> rx.Component:
    """A sheet of the desk with a heading."""
    props.setdefault("class_name", "panel")
    return rx.el.section(rx.el.h2(title), *children, **props)


def field(label: str, control: rx.Component, *, hint: Content = "", class_name: str = "") -> rx.Component:
    """A labelled control, its hint below."""
    below = [] if isinstance(hint, str) and not hint else [rx.el.small(hint, class_name="hint")]
    return rx.el.div(
        rx.el.label(rx.el.span(label), control), *below, class_name=f"field {class_name}".strip()
    )


def empty(sentence: str, *actions: rx.Component) -> rx.Component:
    """Nothing here yet, said kindly, with what to do next."""
    return rx.el.div(rx.el.p(sentence), *actions, class_name="empty")


def pages(previous: rx.Var[str], following: rx.Var[str]) -> rx.Component:
    """The ways to the pages around this one; addresses are empty where there is none."""
    return rx.cond(
        (previous != "") | (following != ""),
        rx.el.nav(
            rx.cond(
                previous != "",
                link(t("Précédents"), to=previous, class_name="btn", rel="prev"),
                rx.el.span(),
            ),
            rx.cond(
                following != "",
                link(t("Suivants"), to=following, class_name="btn", rel="next"),
                rx.fragment(),
            ),
            class_name="pages",
            aria_label=t("Pages"),
        ),
        rx.fragment(),
    )


def user_text(words: str | rx.Var[str], **props: object) -> rx.Component:
    """A text a person wrote: whatever direction it is written in stays its own."""
    return rx.el.bdi(words, **props)
