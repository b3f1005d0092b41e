"""Keyboard shortcuts, filtered in the browser: the server hears of none of them."""

import reflex as rx


class _Shortcuts(rx.Component):
    library = rx.asset("shortcuts.js", shared=True).importable_path
    tag = "Shortcuts"


def shortcuts() -> rx.Component:
    """Once a page: pressing `/` or `n` reaches the element whose `data-shortcut` it is."""
    return _Shortcuts.create()
