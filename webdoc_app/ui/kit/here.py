"""Parts of a merchant's page that belong to the object its address names, and forms that say which one they are of."""

import reflex as rx

from webdoc_app.ui.kit.parts import Content
from webdoc_app.ui.tabs.places import Here


class _ForObject(rx.Component):
    library = rx.asset("here.js", shared=True).importable_path
    tag = "ForObject"

    object: rx.Var[str]
    away: rx.Var[str]
    waiting: rx.Var[bool]


def for_object(*children: Content, waiting: bool = True) -> rx.Component:
    """Shown while the address names what was read, and made anew for another object; else a grey place, or nothing."""
    away = Here.away if waiting else ""
    return _ForObject.create(*children, object=Here.object, away=away, waiting=waiting)


def page_form(*children: Content, on_submit: object, **props: object) -> rx.Component:
    """A form whose handler is told what the page was opened for: it refuses where the address names another."""
    return rx.el.form(opened_at(), *children, on_submit=on_submit, **props)


def opened_at() -> rx.Component:
    """The hidden field that `merchant_only` looks at."""
    return rx.el.input(type="hidden", name="at", value=Here.object, read_only=True)
