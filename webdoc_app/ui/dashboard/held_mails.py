"""Above the conversation: answers by mail that wait for the merchant's word, and those of answering machines."""

import reflex as rx

from webdoc_app.reads.held_mails import HeldRow
from webdoc_app.services.held_mails import accept_mail, discard_mail
from webdoc_app.ui.dashboard.document_state import DocumentPage
from webdoc_app.ui.guards import member, merchant_only
from webdoc_app.ui.kit.icons import icon
from webdoc_app.ui.kit.parts import user_text
from webdoc_app.ui.kit.talk import linked_text
from webdoc_app.ui.kit.words import t


class HeldMails(rx.State):
    """What can be done with them; the page shows them anew at the news of it."""

    @rx.event
    @merchant_only
    async def accept(self, mail_id: str) -> None:
        await accept_mail(member().company_id, str(mail_id), member().actor)

    @rx.event
    @merchant_only
    async def discard(self, mail_id: str) -> None:
        await discard_mail(member().company_id, str(mail_id), member().actor)


def held_mails() -> rx.Component:
    return rx.cond(
        DocumentPage.held.length() > 0,
        rx.el.ul(rx.foreach(DocumentPage.held, _held), class_name="held-mails"),
        rx.fragment(),
    )


def _held(row: rx.Var[HeldRow]) -> rx.Component:
    return rx.el.li(
        rx.el.header(
            rx.el.b(icon("mail"), row.title),
            rx.el.small(user_text(row.sender)),
            rx.el.time(row.at),
        ),
        rx.el.p(linked_text(row.pieces)),
        rx.cond(
            row.files != "",
            rx.el.small(t("Pièces jointes : "), user_text(row.files)),
            rx.fragment(),
        ),
        rx.cond(row.sort == "held", _choice(row), _put_away(row, "btn")),
        key=row.id,
        class_name=row.sort,
        custom_attrs={"data-testid": "held-mail", "data-sort": row.sort},
    )


def _choice(row: rx.Var[HeldRow]) -> rx.Component:
    return rx.fragment(
        rx.el.small(
            t("Votre client ne la voit pas. Acceptée, elle entre dans la conversation sous cette adresse."),
            class_name="soft",
        ),
        rx.el.div(
            rx.el.button(t("Accepter"), type="button", class_name="btn", on_click=HeldMails.accept(row.id)),
            _put_away(row, "btn quiet"),
            class_name="row",
        ),
    )


def _put_away(row: rx.Var[HeldRow], look: str) -> rx.Component:
    return rx.el.button(t("Écarter"), type="button", class_name=look, on_click=HeldMails.discard(row.id))
