"""Parts that both sides of a conversation share; what they do is told in talk.js."""

import reflex as rx
from reflex.event import no_args_event_spec, passthrough_event_spec

from webdoc_app.domain.plain_links import Piece
from webdoc_app.ui.kit.parts import anchor

_SCRIPT = rx.asset("talk.js", shared=True).importable_path


class TypingSense(rx.Component):
    """Reports that a message is being typed in the conversation it stands in."""

    library = _SCRIPT
    tag = "TypingSense"

    on_type: rx.EventHandler[no_args_event_spec]


class TypingHint(rx.Component):
    """Shows `label` for five seconds whenever `count` grows, until `newest` changes."""

    library = _SCRIPT
    tag = "TypingHint"

    count: rx.Var[int]
    newest: rx.Var[str]
    label: rx.Var[str]


class ReadSense(rx.Component):
    """Reports that the message with the id `newest` is before someone's eyes."""

    library = _SCRIPT
    tag = "ReadSense"

    newest: rx.Var[str]

    on_read: rx.EventHandler[passthrough_event_spec(str)]


class NameField(rx.Component):
    """A field `name` that the browser remembers."""

    library = _SCRIPT
    tag = "NameField"

    label: rx.Var[str]
    placeholder: rx.Var[str]


def linked_text(pieces: rx.Var[tuple[Piece, ...]]) -> rx.Component:
    """A text a person wrote, its addresses as links."""
    return rx.el.bdi(rx.foreach(pieces, _piece))


def _piece(piece: rx.Var[Piece]) -> rx.Component:
    return rx.cond(
        piece.href != "",
        anchor(piece.text, href=piece.href, target="_blank", rel="noopener noreferrer nofollow"),
        rx.fragment(piece.text),
    )
