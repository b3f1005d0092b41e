"""Dialogs, menus and parts of a page that open at a press."""

import reflex as rx

_SCRIPT = rx.asset("openers.js", shared=True).importable_path


class _DialogButton(rx.Component):
    library = _SCRIPT
    tag = "DialogButton"

    label: rx.Var[str]
    title: rx.Var[str]
    look: rx.Var[str]
    close_label: rx.Var[str]
    close_at: rx.Var[int]
    testid: rx.Var[str]
    shortcut: rx.Var[str]
    hint: rx.Var[str]


class _Menu(rx.Component):
    library = _SCRIPT
    tag = "Menu"

    testid: rx.Var[str]


class _Reveal(rx.Component):
    library = _SCRIPT
    tag = "Reveal"

    label: rx.Var[str]
    look: rx.Var[str]
    close_label: rx.Var[str]
    testid: rx.Var[str]


def dialog_button(
    label: str | rx.Var[str],
    title: str | rx.Var[str],
    *children: rx.Component,
    close_label: str,
    close_at: rx.Var[int],
    look: str | rx.Var[str] = "btn",
    testid: str = "",
    shortcut: str = "",
    hint: str = "",
) -> rx.Component:
    """A button and its modal dialog; it closes by itself when `close_at` changes.

    `shortcut` is the key that presses it, `hint` its tooltip, which names that key.
    """
    return _DialogButton.create(
        *children,
        label=label,
        title=title,
        look=look,
        close_label=close_label,
        close_at=close_at,
        testid=testid,
        shortcut=shortcut,
        hint=hint,
    )


def menu(*children: rx.Component, testid: str = "", class_name: str = "") -> rx.Component:
    """A `<details>`; its first child is the `<summary>`."""
    return _Menu.create(*children, testid=testid, class_name=class_name)


def reveal(
    label: str, *children: rx.Component, close_label: str, look: str = "btn", testid: str = ""
) -> rx.Component:
    """A button that opens `children` below itself."""
    return _Reveal.create(*children, label=label, look=look, close_label=close_label, testid=testid)
