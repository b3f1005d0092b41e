"""The client's answer on a document's page: what it says, its proof, noting one given elsewhere, reopening it."""

import reflex as rx

from webdoc_app.reads.document_page import OptionRow
from webdoc_app.ui.dashboard.document_dialogs import form_key
from webdoc_app.ui.dashboard.document_state import DocumentPage
from webdoc_app.ui.kit.here import page_form
from webdoc_app.ui.kit.openers import dialog_button
from webdoc_app.ui.kit.parts import anchor, badge, field, user_text
from webdoc_app.ui.kit.words import t

Head = DocumentPage.head
Given = DocumentPage.answer


def client_answer() -> rx.Component:
    return rx.cond(
        Given.name != "",
        rx.el.section(
            rx.el.h2(t("Réponse du client")),
            rx.el.p(
                badge(Given.status, Given.word),
                rx.el.b(
                    user_text(Given.name),
                    rx.cond(Given.quality != "", rx.fragment(", ", user_text(Given.quality)), rx.fragment()),
                ),
                rx.el.small(Given.at),
                rx.cond(Given.until != "", rx.el.small(Given.until), rx.fragment()),
                class_name="given",
            ),
            rx.cond(
                Given.recorded_by != "",
                rx.el.p(
                    t("Saisi par l’émetteur"), " (", user_text(Given.recorded_by), ")", class_name="soft"
                ),
                rx.fragment(),
            ),
            rx.cond(Given.reason != "", rx.el.blockquote(user_text(Given.reason)), rx.fragment()),
            rx.cond(
                Given.options.length() > 0,
                rx.fragment(
                    rx.el.p(t("Options retenues"), class_name="soft"),
                    rx.el.ul(
                        rx.foreach(Given.options, lambda name: rx.el.li(user_text(name))), class_name="chosen"
                    ),
                ),
                rx.fragment(),
            ),
            rx.el.div(
                _certificate("pdf", t("Attestation (PDF)")),
                _certificate("json", t("Données (JSON)")),
                rx.cond(Head.may_reopen, _reopen(), rx.fragment()),
                class_name="actions",
            ),
            class_name="panel",
            custom_attrs={"data-testid": "client-answer"},
        ),
        rx.fragment(),
    )


def _certificate(format_: str, label: str) -> rx.Component:
    address = rx.Var.create("/app/documents/") + Head.id + f"/certificate?format={format_}"
    return anchor(label, href=address, class_name="btn")


def record_button() -> rx.Component:
    return dialog_button(
        t("Saisir une réponse"),
        t("Saisir la réponse du client"),
        page_form(
            form_key(),
            rx.el.p(
                t("Donnée au téléphone, sur papier ou de vive voix. La preuve dira que vous l’avez saisie."),
                class_name="soft",
            ),
            field(
                t("Réponse"),
                rx.el.select(
                    rx.el.option(t("Accepté"), value="accept"),
                    rx.el.option(t("Refusé"), value="refuse"),
                    rx.cond(Head.may_hold, rx.el.option(t("En attente"), value="hold"), rx.fragment()),
                    name="decision",
                ),
            ),
            field(t("Répondu par"), rx.el.input(name="name", required=True, max_length=200)),
            field(t("Qualité"), rx.el.input(name="quality", max_length=200)),
            rx.foreach(DocumentPage.options, _option),
            field(t("Motif"), rx.el.textarea(name="reason", rows="2", max_length=2000)),
            field(
                t("Revenir le"),
                rx.el.input(name="until", type="date", min=DocumentPage.today),
                hint=t("Pour une mise en attente."),
            ),
            rx.el.button(t("Enregistrer la réponse"), type="submit", class_name="btn go"),
            on_submit=DocumentPage.record_answer,
            class_name="stack",
        ),
        close_label=t("Fermer"),
        close_at=DocumentPage.done,
        testid="record-answer",
    )


def _option(row: rx.Var[OptionRow]) -> rx.Component:
    return rx.el.label(
        rx.el.input(type="checkbox", name=f"option.{row.id}"),
        rx.el.span(t("Option"), t(" : "), user_text(row.name)),
        class_name="tick",
    )


def _reopen() -> rx.Component:
    return dialog_button(
        t("Rouvrir la réponse"),
        t("Rouvrir la réponse ?"),
        page_form(
            form_key(),
            rx.el.p(
                t(
                    "Votre client pourra répondre à nouveau. La réponse d’aujourd’hui reste dans l’historique et sa preuve."
                )
            ),
            field(t("Pourquoi (facultatif)"), rx.el.input(name="reason", max_length=2000)),
            rx.el.button(t("Rouvrir la réponse"), type="submit", class_name="btn go"),
            on_submit=DocumentPage.reopen,
            class_name="stack",
        ),
        close_label=t("Fermer"),
        close_at=DocumentPage.done,
        testid="reopen",
    )
