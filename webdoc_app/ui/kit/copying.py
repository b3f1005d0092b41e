"""A button that copies a text to the clipboard."""

import reflex as rx


class _CopyButton(rx.Component):
    library = rx.asset("copying.js", shared=True).importable_path
    tag = "CopyButton"

    text: rx.Var[str]
    label: rx.Var[str]
    done: rx.Var[str]
    source: rx.Var[str]
    look: rx.Var[str]
    testid: rx.Var[str]


def copy_button(
    text: str | rx.Var[str],
    *,
    label: str,
    done: str,
    source: str | rx.Var[str] = "",
    look: str = "btn",
    testid: str = "",
) -> rx.Component:
    """Copies `text`; where the browser refuses, selects the element with id `source`. `done` says it worked."""
    return _CopyButton.create(text=text, label=label, done=done, source=source, look=look, testid=testid)
