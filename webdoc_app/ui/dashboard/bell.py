"""The bell: what clients did, on every merchant page, live. And who is signed in."""

import re

import reflex as rx

from webdoc_app.live.watchers import BELL
from webdoc_app.reads.news import NewsItem, latest_news
from webdoc_app.services.news import mark_news_seen
from webdoc_app.services.work import reading
from webdoc_app.ui.guards import member, merchant_only
from webdoc_app.ui.kit.icons import icon
from webdoc_app.ui.kit.notice import Notice
from webdoc_app.ui.kit.parts import link, user_text
from webdoc_app.ui.kit.tab_news import TabNews
from webdoc_app.ui.kit.words import path, t
from webdoc_app.ui.refresh import in_turn, watch
from webdoc_app.ui.tabs.emptying import stays


@stays
class Bell(rx.State):
    """News of the company, read for the person who looks."""

    company_name: str = ""
    initials: str = ""
    user_name: str = ""
    items: list[NewsItem] = []
    unread: int = 0
    newest: str = ""
    newest_sentence: str = ""

    @rx.event
    @merchant_only
    async def load(self) -> None:
        """First thing on every merchant page."""
        who = member()
        self.company_name, self.user_name = who.company_name, who.user_name
        self.initials = initials_of(who.company_name)
        (await self.get_state(Notice))._turn_page()
        watch(self, BELL, [f"company:{who.company_id}"], Bell.refresh)
        await self._read()

    @rx.event
    @merchant_only
    async def refresh(self, what: str, document_id: str) -> None:
        """Something happened in the company."""
        async with in_turn():
            await self._read()

    @rx.event
    @merchant_only
    async def look(self) -> None:
        """The panel is opened: all of it counts as read; what was new keeps its mark until the next reading."""
        await mark_news_seen(member().user_id)
        self.unread = 0

    async def _read(self) -> None:
        who = member()
        async with reading() as session:
            self.items, self.unread = await latest_news(session, who.company_id, who.user_id, who.language)
        first = self.items[0] if self.items else None
        self.newest, self.newest_sentence = (first.id, first.sentence) if first else ("", "")


def initials_of(name: str) -> str:
    """`Atelier Morel` -> `AM`."""
    words = re.findall(r"\w+", name)
    return "".join(word[0] for word in words[:2]).upper()


def bell() -> rx.Component:
    """The button with its count, and the panel it opens (a popover: no socket is needed to open it)."""
    return rx.fragment(
        rx.el.button(
            icon("bell"),
            rx.cond(Bell.unread > 0, rx.el.b(Bell.unread, class_name="count"), rx.fragment()),
            rx.el.span(t("Nouvelles"), class_name="sr"),
            type="button",
            class_name="icon-btn bell",
            on_click=Bell.look,
            custom_attrs={"data-testid": "bell", "popoverTarget": "news", "title": t("Nouvelles")},
        ),
        rx.el.div(
            rx.el.h2(t("Nouvelles")),
            rx.cond(
                Bell.items.length() > 0,
                rx.el.ul(rx.foreach(Bell.items, _item)),
                rx.el.p(t("Rien de nouveau. Ce que font vos clients apparaît ici."), class_name="soft"),
            ),
            TabNews.create(
                unread=Bell.unread,
                newest=Bell.newest,
                sentence=Bell.newest_sentence,
                label=t("Prévenir aussi par le navigateur"),
            ),
            id="news",
            class_name="news",
            custom_attrs={"popover": "auto"},
        ),
    )


def _item(item: rx.Var[NewsItem]) -> rx.Component:
    return rx.el.li(
        link(
            rx.el.span(user_text(item.sentence)),
            rx.el.small(item.at),
            to=path("/app/documents/") + item.document_id,
        ),
        key=item.id,
        class_name=rx.cond(item.is_new, "new", ""),
        custom_attrs={"data-testid": "notification"},
    )
