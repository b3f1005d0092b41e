"""The client page's own components; what they do is told in parts.js."""

import reflex as rx
from reflex.event import no_args_event_spec, passthrough_event_spec

_SCRIPT = rx.asset("parts.js", shared=True).importable_path


class Answers(rx.Component):
    """A button for each of `choices` (value, label); the panels are among its children, closed when `stored` changes."""

    library = _SCRIPT
    tag = "Answers"

    choices: rx.Var[list]
    stored: rx.Var[str]


class AnswerPanel(rx.Component):
    """Shows its children while the answer `value` is chosen in the Answers around it."""

    library = _SCRIPT
    tag = "AnswerPanel"

    value: rx.Var[str]


class Result(rx.Component):
    """What was answered; comes into view when `stored` names the answer this page sent last."""

    library = _SCRIPT
    tag = "Result"

    stored: rx.Var[str]
    testid: rx.Var[str]


class SureForm(rx.Component):
    """A form emptied once `stored` names its nonce; `refused` starts with the nonce of the one refused."""

    library = _SCRIPT
    tag = "SureForm"

    hidden: rx.Var[dict]
    stored: rx.Var[str]
    refused: rx.Var[str]

    on_send: rx.EventHandler[passthrough_event_spec(dict)]


class Seen(rx.Component):
    """Reports that the page is seen: True at a gesture, False after two seconds in view."""

    library = _SCRIPT
    tag = "Seen"

    ready: rx.Var[bool]

    on_seen: rx.EventHandler[passthrough_event_spec(bool)]


class SheetWatch(rx.Component):
    """Asks for the document where the one in the page is no longer the server's."""

    library = _SCRIPT
    tag = "SheetWatch"

    mark: rx.Var[str]
    shown: rx.Var[str]

    on_stale: rx.EventHandler[no_args_event_spec]


class PrintButton(rx.Component):
    """Opens the browser's print dialog."""

    library = _SCRIPT
    tag = "PrintButton"

    label: rx.Var[str]
