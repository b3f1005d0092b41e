"""The conversation of the client's page, and the deal its document belongs to."""

import reflex as rx

from webdoc_app.reads.client_talk import ClientMessage
from webdoc_app.reads.deal import DealStep
from webdoc_app.reads.sheet_types import Labelled
from webdoc_app.ui.kit.file_field import FileField, file_links
from webdoc_app.ui.kit.line_quote import LineQuote, LineSense, line_quote
from webdoc_app.ui.kit.parts import anchor, user_text
from webdoc_app.ui.kit.talk import NameField, ReadSense, TypingHint, TypingSense, linked_text
from webdoc_app.ui.webdoc.parts import SureForm
from webdoc_app.ui.webdoc.state import WebdocState
from webdoc_app.ui.webdoc.words import words


def conversation(live_mark: rx.Component) -> rx.Component:
    return rx.fragment(
        rx.el.h2(words("Conversation"), live_mark),
        rx.cond(
            WebdocState.messages.length() > 0,
            rx.el.div(
                rx.el.div(_older(), rx.foreach(WebdocState.messages, _message), role="log"),
                class_name="messages",
            ),
            rx.el.p(
                words("Une question, une précision ? Écrivez ici, la réponse arrive au même endroit."),
                class_name="fine",
            ),
        ),
        TypingHint.create(
            count=WebdocState.typing,
            newest=WebdocState.newest_of_theirs,
            label=WebdocState.company_name + words(" écrit…"),
            class_name="typing",
        ),
        ReadSense.create(newest=WebdocState.newest_of_theirs, on_read=WebdocState.read_message),
        TypingSense.create(on_type=WebdocState.type_message),
        LineSense.create(),
        _composer(),
    )


def _older() -> rx.Component:
    return rx.cond(
        WebdocState.has_older,
        rx.el.button(
            words("Messages plus anciens"),
            type="button",
            class_name="btn quiet",
            on_click=WebdocState.show_older,
        ),
        rx.fragment(),
    )


def _message(message: rx.Var[ClientMessage]) -> rx.Component:
    return rx.fragment(
        rx.cond(message.day != "", rx.el.p(message.day, class_name="day"), rx.fragment()),
        rx.cond(
            message.is_entry,
            rx.el.p(
                linked_text(message.pieces),
                " · ",
                message.time,
                class_name="entry",
                custom_attrs={"data-testid": "talk-entry"},
            ),
            rx.el.article(
                line_quote(message.quote, message.quote_href),
                rx.el.p(linked_text(message.pieces)),
                file_links(message.files),
                rx.el.small(
                    user_text(message.author),
                    " · ",
                    message.time,
                    rx.cond(message.seen != "", " · " + message.seen, ""),
                ),
                class_name=rx.cond(message.mine, "message mine", "message"),
                custom_attrs={"data-testid": "message", "data-message": message.id},
            ),
        ),
        key=message.id,
    )


def _composer() -> rx.Component:
    return SureForm.create(
        LineQuote.create(remove_label=words("Ne pas citer")),
        rx.el.textarea(
            name="body",
            rows="2",
            required=True,
            max_length=10_000,
            placeholder=words("Écrire un message"),
            aria_label=words("Votre message"),
            custom_attrs={"data-testid": "message-input"},
        ),
        rx.cond(
            WebdocState.message_problem != "",
            rx.el.p(WebdocState.message_problem, class_name="alert", role="alert"),
            rx.fragment(),
        ),
        FileField.create(
            address=WebdocState.message_address,
            hidden={"nonce": WebdocState.file_nonce},
            label=words("Joindre un fichier (PDF, PNG, JPEG)"),
            remove_label=words("Retirer le fichier"),
            failure=words("Le fichier n’est pas parti. Réessayez."),
            on_posted=WebdocState.file_posted,
        ),
        NameField.create(
            label=words("Votre nom (facultatif)"),
            placeholder=rx.cond(
                WebdocState.recipient != "", WebdocState.recipient, words("Votre nom (facultatif)")
            ),
        ),
        rx.el.button(
            words("Envoyer"), type="submit", class_name="btn go", custom_attrs={"data-testid": "message-send"}
        ),
        hidden={"nonce": WebdocState.message_nonce},
        stored=WebdocState.message_stored,
        refused=WebdocState.message_refused,
        on_send=WebdocState.send_message,
        class_name="composer",
    )


def files() -> rx.Component:
    """What the merchant shows beside the document."""
    return rx.cond(
        WebdocState.files.length() > 0,
        rx.fragment(rx.el.h2(words("Fichiers")), file_links(WebdocState.files)),
        rx.fragment(),
    )


def deal() -> rx.Component:
    return rx.cond(
        WebdocState.steps.length() > 0,
        rx.fragment(
            rx.el.h2(words("Votre dossier")),
            rx.el.ol(rx.foreach(WebdocState.steps, _step), class_name="deal"),
            rx.cond(
                WebdocState.remains.length() > 0,
                rx.el.dl(rx.foreach(WebdocState.remains, _remaining), class_name="remains"),
                rx.fragment(),
            ),
        ),
        rx.fragment(),
    )


def _step(step: rx.Var[DealStep]) -> rx.Component:
    name = rx.el.span(step.kind, " ", user_text(step.number))
    amount = rx.el.span(step.amount, class_name="num")
    return rx.cond(
        step.path != "",
        rx.el.li(
            anchor(
                name,
                amount,
                rx.el.small(step.day, rx.cond(step.status_label != "", " · " + step.status_label, "")),
                href=step.path,
                custom_attrs={"data-testid": "chain-link"},
            ),
            class_name="step " + step.status,
        ),
        rx.el.li(
            rx.el.div(
                name,
                amount,
                rx.el.small(
                    step.day, rx.cond(step.is_here, rx.Var.create(" · ") + words("Vous êtes ici"), "")
                ),
            ),
            class_name="step " + step.status + rx.cond(step.is_here, " here", ""),
            custom_attrs={"aria-current": rx.cond(step.is_here, "page", "false")},
        ),
    )


def _remaining(row: rx.Var[Labelled]) -> rx.Component:
    return rx.el.div(rx.el.dt(row.label), rx.el.dd(row.text, class_name="num"))
