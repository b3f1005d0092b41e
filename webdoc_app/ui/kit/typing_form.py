"""A long form whose fields belong to the browser, and a server that follows what is typed."""

import reflex as rx
from reflex.event import passthrough_event_spec

from webdoc_app.ui.kit.here import opened_at


class _TypedForm(rx.Component):
    library = rx.asset("typing.js", shared=True).importable_path
    tag = "TypedForm"

    shape: rx.Var[str]
    saved: rx.Var[int]
    epoch: rx.Var[int]
    delay: rx.Var[int]
    leave_question: rx.Var[str]

    on_typed: rx.EventHandler[passthrough_event_spec(dict)]
    on_restored: rx.EventHandler[passthrough_event_spec(dict)]
    on_submit: rx.EventHandler[passthrough_event_spec(dict)]


def typed_form(
    *children: rx.Component,
    shape: rx.Var[str],
    saved: rx.Var[int],
    epoch: rx.Var[int],
    leave_question: str,
    on_typed: object,
    on_restored: object,
    on_submit: object,
    class_name: str = "",
    delay: int = 350,
) -> rx.Component:
    """Handlers get all fields by name, as texts; `on_submit` also `action`, the pressed button's value.

    `shape` names the fields there are, `saved` counts what was stored, `epoch` counts fresh readings: after one,
    unsaved values come back through `on_restored`. Leaving with unsaved values asks `leave_question`.
    """
    return _TypedForm.create(
        opened_at(),
        *children,
        shape=shape,
        saved=saved,
        epoch=epoch,
        delay=delay,
        leave_question=leave_question,
        on_typed=on_typed,
        on_restored=on_restored,
        on_submit=on_submit,
        class_name=class_name,
    )
