"""Beside a document: what became of its mails, and another try for those that were given up."""

import reflex as rx

from webdoc_app.reads.deliveries import DeliveryRow
from webdoc_app.services.outbox import retry
from webdoc_app.ui.dashboard.document_state import DocumentPage
from webdoc_app.ui.guards import member, merchant_only
from webdoc_app.ui.kit.parts import panel, user_text
from webdoc_app.ui.kit.words import t


class DocumentMails(rx.State):
    """The page shows mails anew at the news of them."""

    @rx.event
    @merchant_only
    async def retry(self, mail_id: str) -> None:
        await retry(str(mail_id), member().company_id)


def document_mails() -> rx.Component:
    return rx.cond(
        DocumentPage.deliveries.length() > 0,
        panel(
            t("Courriels"), rx.el.ul(rx.foreach(DocumentPage.deliveries, _delivery), class_name="deliveries")
        ),
        rx.fragment(),
    )


def _delivery(row: rx.Var[DeliveryRow]) -> rx.Component:
    return rx.el.li(
        rx.el.span(user_text(row.sentence)),
        rx.el.small(user_text(row.subject)),
        rx.cond(row.error != "", rx.el.small(user_text(row.error), class_name="problems"), rx.fragment()),
        rx.cond(
            row.state == "dead",
            rx.el.button(
                t("Réessayer"), type="button", class_name="btn", on_click=DocumentMails.retry(row.id)
            ),
            rx.fragment(),
        ),
        key=row.id,
        class_name="delivery " + row.state,
        custom_attrs={"data-testid": "delivery", "data-state": row.state},
    )
