"""Slots: places in the first HTML of a page that live components take over without a jump.

The first byte of a webdocument holds everything a reader needs, forms included. A slot names one
element of it; when its live counterpart is ready, that element is emptied and filled in one frame.
The document around it stays the very DOM that was read first.
"""

import reflex as rx
from reflex.vars import VarData

_SCRIPT = rx.asset("slot.js", shared=True).importable_path


class Slot(rx.Component):
    """See `slot`."""

    library = _SCRIPT
    tag = "Slot"

    place: rx.Var[str]
    ready: rx.Var[bool]


def slot(place: str, *children: rx.Component | rx.Var[str] | str, ready: rx.Var[bool]) -> rx.Component:
    """Live content for the element with id `place` of the page's first HTML.

    It takes over once `ready` is true and the element is neither focused nor pressed, and stays. Values
    typed before are given to live fields of the same `name`, at once or when they appear. Without such an
    element nothing is shown; if the live part fails, the first content comes back.
    The element carries `data-taken` from then on.
    """
    return Slot.create(*children, place=place, ready=ready)


slots_taken: rx.Var[bool] = rx.Var(
    "slotsTaken",
    _var_type=bool,
    _var_data=VarData(
        imports={_SCRIPT: [rx.ImportVar(tag="useSlotsTaken")]},
        hooks={"const slotsTaken = useSlotsTaken();": None},
    ),
)
"""True once every slot of the page that exists has been taken over."""
