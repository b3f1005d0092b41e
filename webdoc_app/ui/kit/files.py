"""A button that sends a file by an HTTP form: files never pass through the socket."""

import reflex as rx
from reflex.event import passthrough_event_spec


class _FileSender(rx.Component):
    library = rx.asset("files.js", shared=True).importable_path
    tag = "FileSender"

    address: rx.Var[str]
    # Not `field`: components have one of their own.
    accept: rx.Var[str]
    label: rx.Var[str]
    busy: rx.Var[str]
    failure: rx.Var[str]
    look: rx.Var[str]
    testid: rx.Var[str]

    on_sent: rx.EventHandler[passthrough_event_spec(str)]
    on_refused: rx.EventHandler[passthrough_event_spec(str)]


def file_sender(
    address: str,
    field: str,
    *,
    label: str,
    busy: str,
    failure: str,
    accept: str,
    on_sent: object,
    on_refused: object,
    look: str = "btn",
    testid: str = "",
) -> rx.Component:
    """Posts the chosen file as `field`. `on_sent` gets the `id` answered, `on_refused` the reason in words."""
    return _FileSender.create(
        address=address,
        custom_attrs={"field": field},
        accept=accept,
        label=label,
        busy=busy,
        failure=failure,
        look=look,
        testid=testid,
        on_sent=on_sent,
        on_refused=on_refused,
    )
