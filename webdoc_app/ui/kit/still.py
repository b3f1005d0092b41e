"""Table rows that stay where they are while the pointer is on them."""

import reflex as rx


class _StillRows(rx.Component):
    library = rx.asset("still.js", shared=True).importable_path
    tag = "StillRows"


def still_rows(*children: rx.Component | rx.Var[str], class_name: str = "") -> rx.Component:
    """A `<tbody>`; its rows carry `data-document-id`."""
    return _StillRows.create(*children, class_name=class_name)
