"""The conversation of a document on the merchant's side: messages, notes that stay inside, the composer."""

import reflex as rx

from webdoc_app.reads.document_talk import MessageRow
from webdoc_app.ui.dashboard.document_dialogs import form_key
from webdoc_app.ui.dashboard.document_state import DocumentPage
from webdoc_app.ui.dashboard.held_mails import held_mails
from webdoc_app.ui.kit.file_field import FileField, file_links
from webdoc_app.ui.kit.here import page_form
from webdoc_app.ui.kit.icons import icon
from webdoc_app.ui.kit.line_quote import LineQuote, LineSense, line_quote
from webdoc_app.ui.kit.openers import reveal
from webdoc_app.ui.kit.parts import user_text
from webdoc_app.ui.kit.talk import ReadSense, TypingHint, TypingSense, linked_text
from webdoc_app.ui.kit.words import t
from webdoc_app.ui.tabs.places import Here

Head = DocumentPage.head


def conversation() -> rx.Component:
    return rx.el.section(
        rx.el.h2(t("Conversation")),
        held_mails(),
        rx.cond(
            DocumentPage.has_older,
            rx.el.button(
                t("Messages plus anciens"),
                type="button",
                class_name="btn quiet",
                on_click=DocumentPage.older_messages,
            ),
            rx.fragment(),
        ),
        rx.cond(
            DocumentPage.messages.length() > 0,
            rx.el.div(rx.foreach(DocumentPage.messages, _message), class_name="messages", role="log"),
            rx.el.p(
                t("Pas encore de message. Votre client lit ici ce que vous lui écrivez."), class_name="soft"
            ),
        ),
        TypingHint.create(
            count=DocumentPage.typing,
            newest=DocumentPage.newest_of_theirs,
            label=t("Votre client écrit…"),
            class_name="typing",
        ),
        ReadSense.create(
            newest=DocumentPage.newest_of_theirs, on_read=DocumentPage.read_message(Here.object)
        ),
        TypingSense.create(on_type=DocumentPage.type_message(Here.object)),
        LineSense.create(),
        reveal(t("Écrire un message"), _composer(), close_label=t("Fermer"), testid="write-message"),
        class_name="panel conversation",
        custom_attrs={"data-testid": "conversation"},
    )


def _message(message: rx.Var[MessageRow]) -> rx.Component:
    return rx.fragment(
        rx.cond(message.day != "", rx.el.h3(message.day, class_name="day"), rx.fragment()),
        rx.cond(
            message.side == "entry",
            rx.el.p(
                linked_text(message.pieces),
                " · ",
                message.at,
                class_name="entry",
                custom_attrs={"data-testid": "talk-entry"},
            ),
            _words(message),
        ),
        key=message.id,
    )


def _words(message: rx.Var[MessageRow]) -> rx.Component:
    return rx.el.article(
        rx.el.header(
            rx.cond(
                message.side == "internal",
                rx.el.span(icon("lock"), t("Note interne"), class_name="inside"),
                rx.fragment(),
            ),
            rx.el.b(user_text(message.author)),
            rx.cond(
                message.through != "",
                rx.el.small(t("par le lien de "), user_text(message.through), class_name="soft"),
                rx.fragment(),
            ),
            rx.el.time(message.at),
        ),
        line_quote(message.quote, message.quote_href),
        rx.el.p(linked_text(message.pieces)),
        file_links(message.files),
        rx.cond(message.seen != "", rx.el.small(message.seen, class_name="seen"), rx.fragment()),
        class_name="message " + message.side,
        custom_attrs={"data-testid": "message", "data-message": message.id},
    )


def _composer() -> rx.Component:
    """A new key makes the form anew: empty, and the note switched off, once the database has the message."""
    return page_form(
        form_key(),
        LineQuote.create(remove_label=t("Ne pas citer")),
        rx.el.textarea(
            name="body",
            rows="4",
            required=True,
            max_length=10_000,
            placeholder=t("Votre message…"),
            aria_label=t("Votre message"),
            custom_attrs={"data-testid": "message-input"},
        ),
        FileField.create(
            address=rx.Var.create("/app/documents/") + Head.id + "/messages",
            hidden=rx.Var.create({}),
            label=t("Joindre un fichier (PDF, PNG, JPEG)"),
            remove_label=t("Retirer le fichier"),
            failure=t("Le fichier n’est pas parti. Réessayez."),
            on_posted=DocumentPage.posted(Here.object),
        ),
        _internal(),
        _notify(),
        rx.el.button(
            rx.el.span(t("Envoyer le message"), class_name="if-message"),
            rx.el.span(t("Garder la note"), class_name="if-note"),
            type="submit",
            class_name="btn go",
            custom_attrs={"data-testid": "message-send"},
        ),
        on_submit=DocumentPage.post,
        key=DocumentPage.form_key,
        class_name="composer",
    )


def _internal() -> rx.Component:
    """A note among colleagues; in a draft there is no client yet to write to."""
    return rx.el.label(
        rx.el.input(
            type="checkbox",
            name="internal",
            default_checked=Head.is_draft,
            custom_attrs={"data-testid": "internal-note"},
        ),
        rx.el.span(
            t("Note interne"),
            rx.el.small(t("Votre client ne la voit jamais.")),
            rx.cond(
                DocumentPage.colleagues != "",
                rx.el.small(t("Pour prévenir un collègue : "), user_text(DocumentPage.colleagues)),
                rx.fragment(),
            ),
        ),
        class_name="tick inside",
    )


def _notify() -> rx.Component:
    """A mail that says there is something to read, where an address is known."""
    return rx.el.label(
        rx.el.input(
            type="checkbox",
            name="notify",
            disabled=Head.customer_email == "",
            custom_attrs={"data-testid": "notify-client"},
        ),
        rx.el.span(
            t("Prévenir le client par courriel"),
            rx.el.small(
                rx.cond(
                    Head.customer_email != "",
                    user_text(Head.customer_email),
                    t("Ce client n’a pas d’adresse électronique."),
                )
            ),
        ),
        class_name="tick notify",
    )
