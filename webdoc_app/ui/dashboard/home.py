"""The dashboard's first page: what to do now, numbers worth a look, what happened lately, the newest documents."""

import reflex as rx

from webdoc_app.reads.dashboard import (
    Activity,
    Counters,
    DocumentRow,
    counters,
    document_page,
    latest_activity,
    mark_changes,
)
from webdoc_app.reads.documents import DocumentFilter
from webdoc_app.reads.todo import TodoList, todo_of
from webdoc_app.services.work import reading
from webdoc_app.ui.dashboard.bell import Bell
from webdoc_app.ui.dashboard.document_table import document_table
from webdoc_app.ui.dashboard.frame import frame
from webdoc_app.ui.dashboard.new_document import new_document_button
from webdoc_app.ui.dashboard.pages import merchant_page
from webdoc_app.ui.dashboard.todo import todo_block
from webdoc_app.ui.guards import member, merchant_only
from webdoc_app.ui.kit.parts import empty, link, panel, user_text
from webdoc_app.ui.kit.words import path, t
from webdoc_app.ui.refresh import watch

LATEST = 6


class Home(rx.State):
    """A summary of the company, read anew at each piece of news."""

    first_name: str = ""
    todo: TodoList = TodoList()
    counters: Counters = Counters()
    activity: list[Activity] = []
    rows: list[DocumentRow] = []
    loaded: bool = False

    @rx.event
    @merchant_only
    async def load(self) -> None:
        watch(self, "page", [f"company:{member().company_id}"], Home.refresh)
        self.first_name = member().user_name.split(" ")[0]
        self.rows = await self._read()
        self.loaded = True

    @rx.event
    @merchant_only
    async def refresh(self, what: str, document_id: str) -> None:
        """Something happened in the company."""
        self.rows = mark_changes(self.rows, await self._read())

    async def _read(self) -> list[DocumentRow]:
        who = member()
        async with reading() as session:
            self.todo = await todo_of(session, who.company_id, who.language)
            self.counters = await counters(session, who.company_id)
            self.activity = await latest_activity(session, who.company_id, who.language)
            page = await document_page(session, who.company_id, DocumentFilter(limit=LATEST), who.language)
        return page.rows


@merchant_page("/app", "Tableau de bord", Bell.load, Home.load)
def home() -> rx.Component:
    return frame(
        "home",
        rx.cond(Home.first_name != "", t("Bonjour") + " " + Home.first_name, t("Bonjour")),
        rx.el.div(todo_block(Home.todo, Home.loaded), _counters(), _latest(), _side(), class_name="home"),
        loaded=Home.loaded,
        actions=(new_document_button(),),
    )


def _counters() -> rx.Component:
    return rx.el.nav(
        _counter(
            Home.counters.to_answer, t("attendent une réponse"), "/app/documents?status=unanswered", "sent"
        ),
        _counter(Home.counters.viewed, t("consultés sans réponse"), "/app/documents?status=viewed", "viewed"),
        _counter(Home.counters.overdue, t("factures en retard"), "/app/documents?status=overdue", "overdue"),
        class_name="counters",
        aria_label=t("Chiffres du moment"),
    )


def _counter(number: rx.Var[int], label: str, address: str, tone: str) -> rx.Component:
    return link(
        rx.el.b(number),
        rx.el.span(label),
        to=path(address),
        # Nothing overdue is no alarm.
        class_name=rx.cond(number > 0, f"counter {tone}", "counter"),
    )


def _latest() -> rx.Component:
    return rx.el.section(
        rx.el.header(
            rx.el.h2(t("Derniers documents")), link(t("Tous les documents"), to=path("/app/documents"))
        ),
        rx.cond(
            Home.rows.length() > 0,
            document_table(Home.rows),
            rx.cond(
                Home.loaded,
                empty(
                    t(
                        "Aucun document pour l’instant. Créez votre premier devis : il sera prêt en deux minutes."
                    )
                ),
                rx.el.div(class_name="skeleton"),
            ),
        ),
        class_name="latest",
    )


def _side() -> rx.Component:
    return rx.el.aside(
        panel(
            t("Activité récente"),
            rx.cond(
                Home.activity.length() > 0,
                rx.el.ol(rx.foreach(Home.activity, _activity), class_name="timeline"),
                rx.el.p(t("Ce qui arrive à vos documents apparaît ici."), class_name="soft"),
            ),
        ),
        panel(
            t("Boîte d’envoi"),
            rx.cond(
                Home.counters.waiting_mails > 0,
                rx.el.p(t("Courriels en attente\N{NO-BREAK SPACE}: "), rx.el.b(Home.counters.waiting_mails)),
                rx.el.p(t("Aucun courriel en attente."), class_name="soft"),
            ),
            rx.cond(
                Home.counters.failed_mails > 0,
                rx.el.p(
                    t("Abandonnés\N{NO-BREAK SPACE}: "),
                    rx.el.b(Home.counters.failed_mails),
                    class_name="problems",
                ),
                rx.fragment(),
            ),
            rx.el.p(link(t("Voir la boîte d’envoi"), to=path("/app/outbox"))),
        ),
        class_name="talk-side",
    )


def _activity(item: rx.Var[Activity]) -> rx.Component:
    return rx.el.li(
        link(
            rx.el.span(rx.el.b(item.number), " ", user_text(item.sentence)),
            rx.el.small(item.at),
            to=path("/app/documents/") + item.document_id,
        ),
        class_name="event-" + item.type.replace(".", " "),
    )
