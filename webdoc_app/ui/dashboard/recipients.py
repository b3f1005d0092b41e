"""The recipients of a document, in its menu: each with a link, and what can be done to it."""

import reflex as rx

from webdoc_app.reads.recipients import RecipientRow
from webdoc_app.ui.dashboard.document_dialogs import attach_pdf
from webdoc_app.ui.dashboard.document_state import DocumentPage
from webdoc_app.ui.dashboard.recipients_state import Recipients
from webdoc_app.ui.kit.copying import copy_button
from webdoc_app.ui.kit.here import page_form
from webdoc_app.ui.kit.openers import dialog_button
from webdoc_app.ui.kit.parts import badge, field, user_text
from webdoc_app.ui.kit.words import t
from webdoc_app.ui.tabs.places import Here

Row = rx.Var[RecipientRow]


def recipients() -> rx.Component:
    return rx.el.section(
        rx.el.h2(t("Destinataires")),
        rx.el.ul(rx.foreach(Recipients.rows, _recipient)),
        _add(),
        class_name="recipients",
    )


def switch_button(link_id: str | rx.Var[str], state: rx.Var[str]) -> rx.Component:
    """Closes an open link for a while, or opens it again; a revoked one has neither."""
    return rx.match(
        state,
        ("disabled", _button(t("Réactiver"), Recipients.enable(Here.object, link_id), "enable-link")),
        ("revoked", rx.fragment()),
        _button(t("Désactiver"), Recipients.disable(Here.object, link_id), "disable-link"),
    )


def replace_button(link_id: str | rx.Var[str], label: str, testid: str) -> rx.Component:
    return dialog_button(
        label,
        t("Remplacer le lien ?"),
        rx.el.p(t("Un nouveau lien est créé. L’ancien ne s’ouvrira plus : pensez à envoyer le nouveau.")),
        rx.el.button(
            t("Remplacer le lien"),
            type="button",
            class_name="btn go",
            on_click=Recipients.replace(Here.object, link_id),
        ),
        close_label=t("Fermer"),
        close_at=Recipients.done,
        testid=testid,
    )


def _button(label: str, act: rx.event.EventSpec, testid: str) -> rx.Component:
    return rx.el.button(
        label, type="button", class_name="btn", on_click=act, custom_attrs={"data-testid": testid}
    )


def _recipient(row: Row) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.b(user_text(row.name)),
            badge(row.look, row.state_label),
            rx.cond(row.is_main, rx.el.small(t("principal")), rx.fragment()),
        ),
        rx.cond(row.email != "", rx.el.small(row.email), rx.fragment()),
        rx.el.code(row.url, id="address-" + row.id, class_name="address"),
        rx.el.small(row.facts, custom_attrs={"data-testid": "recipient-facts"}),
        rx.el.div(
            copy_button(row.url, label=t("Copier"), done=t("Copié"), source="address-" + row.id),
            switch_button(row.id, row.state),
            replace_button(row.id, t("Remplacer"), "replace-link"),
            rx.cond(row.state == "active", _send(row), rx.fragment()),
            _change(row),
            class_name="actions",
        ),
        key=row.id,
        custom_attrs={"data-testid": "recipient", "data-state": row.state, "data-url": row.url},
    )


def _add() -> rx.Component:
    return dialog_button(
        t("Ajouter un destinataire"),
        t("Ajouter un destinataire"),
        page_form(
            _key(),
            rx.el.p(
                t("Cette personne reçoit son propre lien vers ce document et sa suite."), class_name="soft"
            ),
            *_fields("", "", ""),
            rx.el.button(t("Ajouter"), type="submit", class_name="btn go"),
            on_submit=Recipients.add,
            class_name="stack",
        ),
        close_label=t("Fermer"),
        close_at=Recipients.done,
        testid="add-recipient",
    )


def _change(row: Row) -> rx.Component:
    return dialog_button(
        t("Modifier"),
        t("Modifier le destinataire"),
        page_form(
            _key(),
            rx.el.input(type="hidden", name="link_id", value=row.id, read_only=True),
            *_fields(row.name, row.email, row.expires_day),
            rx.el.button(t("Enregistrer"), type="submit", class_name="btn go"),
            on_submit=Recipients.change,
            class_name="stack",
        ),
        rx.cond(
            row.state != "revoked",
            rx.el.div(
                rx.el.p(t("Révoquer ferme cette adresse pour toujours."), class_name="soft"),
                rx.el.button(
                    t("Révoquer le lien"),
                    type="button",
                    class_name="btn danger-quiet",
                    on_click=Recipients.revoke(Here.object, row.id),
                    custom_attrs={"data-testid": "revoke-link"},
                ),
                class_name="stack",
            ),
            rx.fragment(),
        ),
        close_label=t("Fermer"),
        close_at=Recipients.done,
        testid="change-recipient",
    )


def _send(row: Row) -> rx.Component:
    head = DocumentPage.head
    return dialog_button(
        t("Envoyer"),
        t("Envoyer par courriel"),
        page_form(
            _key(),
            rx.el.input(type="hidden", name="link_id", value=row.id, read_only=True),
            field(
                t("À"),
                rx.el.input(name="to", type="email", required=True, default_value=row.email, max_length=200),
            ),
            field(t("Objet"), rx.el.input(name="subject", default_value=head.usual_subject, max_length=300)),
            field(
                t("Message"),
                rx.el.textarea(name="message", rows="5", default_value=head.usual_message, max_length=5000),
                hint=t("Le lien de ce destinataire est ajouté sous votre message."),
            ),
            attach_pdf(),
            rx.el.button(t("Envoyer le courriel"), type="submit", class_name="btn go"),
            on_submit=Recipients.send,
            class_name="stack",
        ),
        close_label=t("Fermer"),
        close_at=Recipients.done,
        testid="send-to-recipient",
    )


def _fields(name: str | rx.Var[str], email: str | rx.Var[str], day: str | rx.Var[str]) -> list[rx.Component]:
    return [
        field(t("Nom"), rx.el.input(name="name", required=True, default_value=name, max_length=200)),
        field(t("Courriel"), rx.el.input(name="email", type="email", default_value=email, max_length=200)),
        field(
            t("S’ouvre jusqu’au"),
            rx.el.input(name="until", type="date", default_value=day, min=Recipients.today),
            hint=t("Facultatif : sans date, le lien reste ouvert."),
        ),
    ]


def _key() -> rx.Component:
    """Sent along with the form; once it was acted on, the same form does nothing more."""
    return rx.el.input(type="hidden", name="key", value=Recipients.form_key, read_only=True)
