"""A document's page: the sheet, and beside it where it stands, its history, its chain and its conversation."""

import reflex as rx

from webdoc_app.reads.document_page import ChainRow, TimelineRow
from webdoc_app.services.chain import KIND_NAMES
from webdoc_app.ui.dashboard.bell import Bell
from webdoc_app.ui.dashboard.conversation import conversation
from webdoc_app.ui.dashboard.document_answer import client_answer, record_button
from webdoc_app.ui.dashboard.document_dialogs import delete_button, pay_button, send_button
from webdoc_app.ui.dashboard.document_files import document_files
from webdoc_app.ui.dashboard.document_followups import document_followups
from webdoc_app.ui.dashboard.document_mails import document_mails
from webdoc_app.ui.dashboard.document_menu import document_menu
from webdoc_app.ui.dashboard.document_payments import payments
from webdoc_app.ui.dashboard.document_state import DocumentPage
from webdoc_app.ui.dashboard.frame import frame
from webdoc_app.ui.dashboard.openings import onlooker, openings, preview_button
from webdoc_app.ui.dashboard.pages import merchant_page
from webdoc_app.ui.dashboard.recipients_state import Recipients
from webdoc_app.ui.kit.openers import menu
from webdoc_app.ui.kit.parts import anchor, badge, empty, link, panel, user_text
from webdoc_app.ui.kit.words import path, t
from webdoc_app.ui.tabs.places import Here

Head = DocumentPage.head


@merchant_page("/app/documents/[doc_id]", "Document", Bell.load, DocumentPage.load, Recipients.load)
def document() -> rx.Component:
    return frame(
        "documents",
        rx.cond(
            Head.id != "",
            rx.fragment(Head.kind_label, " ", rx.el.span(Head.number, class_name="num")),
            t("Document"),
        ),
        rx.cond(
            Head.id != "",
            rx.el.div(
                _status_bar(),
                rx.el.div(
                    rx.el.div(rx.html(DocumentPage.sheet, class_name="paper"), class_name="sheet-side"),
                    rx.el.aside(
                        client_answer(),
                        payments(),
                        conversation(),
                        document_files(),
                        document_followups(),
                        openings(),
                        document_mails(),
                        _chain(),
                        _timeline(),
                        class_name="talk-side",
                    ),
                    class_name="document-page",
                ),
                key=Head.id,
            ),
            rx.cond(
                DocumentPage.missing,
                empty(
                    t("Ce document n’existe pas."),
                    link(t("Voir tous les documents"), to=path("/app/documents"), class_name="btn"),
                ),
                rx.el.div(class_name="skeleton"),
            ),
        ),
        loaded=DocumentPage.loaded,
    )


def _status_bar() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            badge(Head.status, Head.status_label),
            link(
                user_text(Head.customer), to=path("/app/customers/") + Head.customer_id, class_name="customer"
            ),
            rx.el.span(Head.facts, class_name="soft"),
            rx.cond(
                Head.is_draft,
                rx.fragment(),
                rx.el.span(t("Visites : ") + DocumentPage.link.views, class_name="soft"),
            ),
            onlooker(),
            rx.cond(
                Head.duplicate_of != "",
                link(
                    t("Numéro déjà importé : voir l’autre document"),
                    to=path("/app/documents/") + Head.duplicate_of,
                    class_name="warning",
                ),
                rx.fragment(),
            ),
            class_name="standing",
        ),
        rx.el.p(
            rx.el.small(Head.amount_label), rx.el.strong(Head.amount, class_name="num"), class_name="amount"
        ),
        rx.el.div(*_actions(), class_name="actions"),
        class_name="status-bar panel",
        custom_attrs={"data-testid": "status-bar"},
    )


def _actions() -> list[rx.Component]:
    """One primary button: what comes next for the document."""
    edit = path("/app/documents/") + Head.id + "/edit"
    return [
        rx.cond(
            Head.may_issue,
            rx.el.button(
                t("Émettre"), type="button", class_name="btn go", on_click=DocumentPage.issue(Here.object)
            ),
            rx.fragment(),
        ),
        rx.cond(Head.may_send, send_button(), rx.fragment()),
        rx.cond(
            Head.may_change | Head.may_revise,
            link(t("Modifier"), to=edit, class_name="btn"),
            rx.fragment(),
        ),
        rx.cond(Head.may_pay, pay_button(), rx.fragment()),
        rx.cond(Head.may_record, record_button(), rx.fragment()),
        rx.cond(Head.converts_to.length() > 0, _convert(), rx.fragment()),
        rx.cond(
            Head.is_draft,
            delete_button(),
            rx.fragment(
                anchor(
                    t("PDF"),
                    href=rx.Var.create("/app/documents/") + Head.id + "/pdf",
                    target="_blank",
                    rel="noopener",
                    class_name="btn",
                ),
                preview_button(),
                document_menu(),
            ),
        ),
    ]


def _convert() -> rx.Component:
    names = rx.Var.create({kind.value: t(name).capitalize() for kind, name in KIND_NAMES.items()})
    return menu(
        rx.el.summary(t("Convertir en…"), class_name=rx.cond(Head.next_step == "convert", "btn go", "btn")),
        rx.el.div(
            rx.foreach(
                Head.converts_to,
                lambda kind: rx.el.button(
                    names[kind].to(str),
                    type="button",
                    class_name="entry",
                    on_click=DocumentPage.convert(Here.object, kind),
                ),
            ),
            class_name="menu-panel",
        ),
        testid="convert",
    )


def _chain() -> rx.Component:
    return rx.cond(
        DocumentPage.chain.length() > 1,
        panel(t("Chaîne"), rx.el.ul(rx.foreach(DocumentPage.chain, _chain_row), class_name="chain")),
        rx.fragment(),
    )


def _chain_row(row: rx.Var[ChainRow]) -> rx.Component:
    return rx.el.li(
        link(
            rx.el.span(rx.el.b(row.number), rx.el.small(row.kind_label)),
            badge(row.status, row.status_label),
            rx.el.span(row.amount, class_name="num"),
            to=path("/app/documents/") + row.id,
            custom_attrs={"aria-current": rx.cond(row.is_here, "true", "false")},
        ),
        key=row.id,
    )


def _timeline() -> rx.Component:
    return panel(t("Historique"), rx.el.ol(rx.foreach(DocumentPage.timeline, _event), class_name="timeline"))


def _event(row: rx.Var[TimelineRow]) -> rx.Component:
    return rx.el.li(
        rx.el.span(user_text(row.sentence)),
        rx.el.small(row.at, rx.cond(row.who != "", rx.fragment(" · ", user_text(row.who)), rx.fragment())),
        class_name="event-" + row.type.replace(".", " "),
    )
