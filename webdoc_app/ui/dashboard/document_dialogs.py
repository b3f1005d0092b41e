"""Dialogs of a document's page: sending it, recording a payment, deleting a draft."""

import reflex as rx

from webdoc_app.ui.dashboard.document_state import DocumentPage
from webdoc_app.ui.kit.here import page_form
from webdoc_app.ui.kit.openers import dialog_button
from webdoc_app.ui.kit.parts import field
from webdoc_app.ui.kit.words import t
from webdoc_app.ui.tabs.places import Here

Head = DocumentPage.head
METHODS = (
    ("transfer", "Virement"),
    ("cheque", "Chèque"),
    ("card", "Carte"),
    ("cash", "Espèces"),
    ("direct_debit", "Prélèvement"),
    ("other", "Autre"),
)


def form_key() -> rx.Component:
    """Sent along with the form; once it was acted on, the same form does nothing more."""
    return rx.el.input(type="hidden", name="key", value=DocumentPage.form_key, read_only=True)


def attach_pdf() -> rx.Component:
    return rx.el.label(
        rx.el.input(type="checkbox", name="attach_pdf", default_checked=Head.attach_pdf),
        rx.el.span(t("Joindre le PDF")),
        class_name="check",
    )


def send_button() -> rx.Component:
    return dialog_button(
        t("Envoyer"),
        t("Envoyer par courriel"),
        page_form(
            form_key(),
            field(
                t("À"),
                rx.el.input(
                    name="to", type="email", required=True, default_value=Head.customer_email, max_length=200
                ),
            ),
            field(t("Objet"), rx.el.input(name="subject", default_value=Head.usual_subject, max_length=300)),
            field(
                t("Message"),
                rx.el.textarea(name="message", rows="5", default_value=Head.usual_message, max_length=5000),
                hint=t("Le lien vers le document est ajouté sous votre message."),
            ),
            attach_pdf(),
            rx.el.button(t("Envoyer le courriel"), type="submit", class_name="btn go"),
            on_submit=DocumentPage.send,
            class_name="stack",
        ),
        close_label=t("Fermer"),
        close_at=DocumentPage.done,
        look=rx.cond(Head.next_step == "send", "btn go", "btn"),
        testid="send",
    )


def pay_button() -> rx.Component:
    return dialog_button(
        t("Enregistrer un paiement"),
        t("Enregistrer un paiement"),
        page_form(
            form_key(),
            field(
                t("Montant"),
                rx.el.input(name="amount", required=True, input_mode="decimal", default_value=Head.due_text),
            ),
            field(
                t("Moyen"),
                rx.el.select(
                    *(rx.el.option(t(label), value=value) for value, label in METHODS), name="method"
                ),
            ),
            field(
                t("Date"),
                rx.el.input(
                    name="paid_on",
                    type="date",
                    required=True,
                    default_value=DocumentPage.today,
                    max=DocumentPage.today,
                ),
            ),
            field(
                t("Référence"),
                rx.el.input(name="reference", max_length=200),
                hint=t("Numéro du chèque, libellé…"),
            ),
            rx.el.button(t("Enregistrer le paiement"), type="submit", class_name="btn go"),
            on_submit=DocumentPage.pay,
            class_name="stack",
        ),
        close_label=t("Fermer"),
        close_at=DocumentPage.done,
        testid="record-payment",
    )


def delete_button() -> rx.Component:
    return dialog_button(
        t("Supprimer"),
        t("Supprimer ce brouillon ?"),
        rx.el.p(t("Il n’a pas encore de numéro : rien ne manquera à votre suite.")),
        rx.el.button(
            t("Supprimer le brouillon"),
            type="button",
            class_name="btn danger",
            on_click=DocumentPage.delete(Here.object),
        ),
        close_label=t("Fermer"),
        close_at=DocumentPage.done,
    )
