"""The outbox: mails that wait or left, with their words. Without a mail server this is where they are read."""

import reflex as rx

from webdoc_app.reads.outbox import MailRow, mails_of
from webdoc_app.services.outbox import retry
from webdoc_app.services.work import reading
from webdoc_app.ui.dashboard.bell import Bell
from webdoc_app.ui.dashboard.frame import frame
from webdoc_app.ui.dashboard.pages import merchant_page
from webdoc_app.ui.guards import member, merchant_only
from webdoc_app.ui.kit.addresses import page_links, page_number
from webdoc_app.ui.kit.icons import icon
from webdoc_app.ui.kit.parts import badge, empty, link, pages, user_text
from webdoc_app.ui.kit.words import localized, path, t
from webdoc_app.ui.refresh import watch
from webdoc_app.ui.tabs.emptying import by_query


@by_query
class Outbox(rx.State):
    """One page of mails, newest first."""

    mails: list[MailRow] = []
    previous_page: str = ""
    next_page: str = ""
    loaded: bool = False

    @rx.event
    @merchant_only
    async def load(self) -> None:
        watch(self, "page", [f"company:{member().company_id}"], Outbox.refresh)
        await self._read()
        self.loaded = True

    @rx.event
    @merchant_only
    async def refresh(self, what: str, document_id: str) -> None:
        """Something happened; a mail may have come of it."""
        await self._read()

    @rx.event
    @merchant_only
    async def retry(self, mail_id: str) -> None:
        """A dead letter is tried again."""
        await retry(str(mail_id), member().company_id)
        await self._read()

    async def _read(self) -> None:
        who = member()
        page = page_number(self.router.url.query_parameters.get("page", "1"))
        base = localized("/app/outbox", who.language)
        async with reading() as session:
            self.mails, more = await mails_of(session, who.company_id, who.email, who.language, page=page)
        self.previous_page, self.next_page = page_links(base, {}, page, more=more)


@merchant_page("/app/outbox", "Boîte d’envoi", Bell.load, Outbox.load)
def outbox() -> rx.Component:
    return frame(
        "outbox",
        t("Boîte d’envoi"),
        rx.cond(
            Outbox.mails.length() > 0,
            rx.fragment(
                rx.el.ul(rx.foreach(Outbox.mails, _mail), class_name="panel mails"),
                pages(Outbox.previous_page, Outbox.next_page),
            ),
            rx.cond(
                Outbox.loaded,
                empty(t("Aucun courriel pour l’instant. Envoyez un document : il passera par ici.")),
                rx.el.div(class_name="skeleton"),
            ),
        ),
        loaded=Outbox.loaded,
    )


def _mail(mail: rx.Var[MailRow]) -> rx.Component:
    document = link(t("Voir le document"), to=path("/app/documents/") + mail.document_id, class_name="btn")
    return rx.el.li(
        rx.el.details(
            rx.el.summary(
                icon("down"),
                badge(mail.state, mail.state_label),
                rx.el.span(rx.el.b(user_text(mail.subject)), rx.el.small(user_text(mail.recipient))),
                rx.el.small(mail.at, class_name="num"),
            ),
            rx.cond(
                mail.text != "",
                rx.el.pre(user_text(mail.text)),
                rx.el.p(t("Ce courriel ne se lit que par son destinataire."), class_name="soft"),
            ),
            rx.cond(mail.error != "", rx.el.p(mail.error, class_name="problems"), rx.fragment()),
            rx.cond(
                mail.state == "dead",
                rx.el.button(
                    t("Réessayer"),
                    type="button",
                    class_name="btn",
                    on_click=Outbox.retry(mail.id),
                    custom_attrs={"data-testid": "retry-mail"},
                ),
                rx.fragment(),
            ),
            rx.cond(mail.document_id != "", document, rx.fragment()),
        ),
        key=mail.id,
        custom_attrs={"data-testid": "mail"},
    )
