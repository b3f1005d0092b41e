"""The client page's own components; what they do is told in parts.js."""

import reflex as rx
from reflex.event import passthrough_event_spec

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

    form_id: rx.Var[str]
    hidden: rx.Var[dict]
    stored: rx.Var[str]
    refused: rx.Var[str]

    on_send: rx.EventHandler[passthrough_event_spec(dict)]


class Seen(rx.Component):
    """Reports that the page is seen (by a gesture or not, by a driven browser or not), and from then on, whether
    it is in view.
    """

    library = _SCRIPT
    tag = "Seen"

    ready: rx.Var[bool]

    on_seen: rx.EventHandler[passthrough_event_spec(bool, bool)]
    on_look: rx.EventHandler[passthrough_event_spec(bool)]


class SheetWatch(rx.Component):
    """Asks for the document where the one in the page is no longer the server's, saying its version."""

    library = _SCRIPT
    tag = "SheetWatch"

    mark: rx.Var[str]
    shown: rx.Var[str]

    on_stale: rx.EventHandler[passthrough_event_spec(int)]


class PrintButton(rx.Component):
    """Opens the browser's print dialog."""

    library = _SCRIPT
    tag = "PrintButton"

    label: rx.Var[str]


class OptionTicks(rx.Component):
    """Tells which of the options in the document are ticked."""

    library = _SCRIPT
    tag = "OptionTicks"

    on_choose: rx.EventHandler[passthrough_event_spec(list)]


class Reasons(rx.Component):
    """Common reasons as buttons: one that is pressed starts the text of the form's reason."""

    library = _SCRIPT
    tag = "Reasons"

    reasons: rx.Var[list]
    label: rx.Var[str]


class SignaturePad(rx.Component):
    """A place to sign by hand, or with the keyboard; its field `signature` is a PNG as a data URL."""

    library = _SCRIPT
    tag = "SignaturePad"

    texts: rx.Var[dict]
