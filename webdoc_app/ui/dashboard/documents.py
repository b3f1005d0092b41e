"""The list of documents: filters in the address, rows that change live, the ways in (new, import)."""

from dataclasses import replace
from typing import Any

import reflex as rx

from webdoc_app.domain.errors import Invalid
from webdoc_app.domain.text import NAME
from webdoc_app.live.presence import presence
from webdoc_app.locales import in_context
from webdoc_app.reads.dashboard import DocumentPage as Page
from webdoc_app.reads.dashboard import DocumentRow, document_page, mark_changes
from webdoc_app.reads.documents import KINDS, DocumentFilter
from webdoc_app.reads.status import LABELS, UNANSWERED
from webdoc_app.services.documents import find_document
from webdoc_app.services.work import reading
from webdoc_app.ui.dashboard.address import follow_search, is_at
from webdoc_app.ui.dashboard.bell import Bell
from webdoc_app.ui.dashboard.document_table import document_table
from webdoc_app.ui.dashboard.frame import frame
from webdoc_app.ui.dashboard.new_document import new_document_button
from webdoc_app.ui.dashboard.pages import merchant_page
from webdoc_app.ui.guards import member, merchant_only
from webdoc_app.ui.kit.addresses import with_query
from webdoc_app.ui.kit.files import file_sender
from webdoc_app.ui.kit.icons import icon
from webdoc_app.ui.kit.notice import Notice
from webdoc_app.ui.kit.parts import empty, link, pages
from webdoc_app.ui.kit.words import localized, path, t
from webdoc_app.ui.refresh import in_turn, watch
from webdoc_app.ui.tabs.emptying import by_query, keeps

PAGE_SIZE = 25
TABS = (
    ("", "Tous"),
    ("quote", in_context("plusieurs", "Devis")),
    ("order", "Commandes"),
    ("delivery", "Livraisons"),
    ("invoice", "Factures"),
    ("deposit", "Acomptes"),
    ("credit", "Avoirs"),
)
SHOWN_STATUSES = [
    "draft",
    "issued",
    "sent",
    "viewed",
    "on_hold",
    "accepted",
    "refused",
    "expired",
    "ordered",
    "delivered",
    "invoiced",
    "partially_paid",
    "paid",
    "overdue",
    "overpaid",
    "credited",
    "closed",
]


@by_query
@keeps("turn", "_typed")
class DocumentList(rx.State):
    """One page of the list, as the address asks for it."""

    rows: list[DocumentRow] = []
    looked_at: list[str] = []
    kind: str = ""
    status: str = ""
    q: str = ""
    previous_page: str = ""
    next_page: str = ""
    turn: int = 0
    loaded: bool = False
    _typed: list[str] = []

    @rx.event
    @merchant_only
    async def load(self) -> None:
        """Reads what the address asks for."""
        ours = member().company_id
        watch(self, "page", [f"company:{ours}", f"presence:{ours}"], DocumentList.refresh)
        page = await self._read(self._wanted())
        self.looked_at = sorted(await presence.looked_at(ours))
        self.rows = page.rows
        self._typed, is_another = follow_search(self._typed, self.q)
        self.turn += is_another
        self.loaded = True

    @rx.event
    @merchant_only
    async def refresh(self, what: str, document_id: str) -> None:
        """Something happened: changed rows glow once. A client who comes or goes moves a dot alone."""
        self.looked_at = sorted(await presence.looked_at(member().company_id))
        if what == "presence":
            return
        async with in_turn():
            page = await self._read(self._wanted())
        self.rows = mark_changes(self.rows, page.rows)

    @rx.event
    @merchant_only
    async def search(self, q: str) -> Any:
        """Typing in the search field: the address follows, and the list follows the address."""
        words = str(q)[:NAME].strip()
        if not is_at(self, localized("/app/documents", member().language)):
            return None
        self._typed = [*self._typed[-20:], words]
        return rx.redirect(self._address(q=words), replace=True)

    @rx.event
    @merchant_only
    async def choose_status(self, status: str) -> Any:
        """A status was picked in the filter."""
        return rx.redirect(self._address(status=str(status)), replace=True)

    @rx.event
    @merchant_only
    async def imported(self, document_id: str) -> Any:
        """A file was imported: show the document it became."""
        async with reading() as session:
            document = await find_document(session, member().company_id, str(document_id))
        return rx.redirect(localized(f"/app/documents/{document.id}", member().language))

    @rx.event
    @merchant_only
    async def not_imported(self, why: str) -> None:
        """A file was refused, for the reason the answer gave."""
        (await self.get_state(Notice))._say(str(why)[:1_000], problem=True)

    def _wanted(self) -> DocumentFilter:
        query = self.router.url.query_parameters
        kind, status = query.get("kind", ""), query.get("status", "")
        self.kind = kind if kind in KINDS else ""
        self.status = status if status in (*LABELS, UNANSWERED) else ""
        self.q = query.get("q", "")[:NAME]
        before = query.get("before", "")
        cursor = before or query.get("after", "")
        return DocumentFilter(self.kind, self.status, self.q, cursor, PAGE_SIZE, newer=bool(before))

    async def _read(self, wanted: DocumentFilter) -> Page:
        async with reading() as session:
            try:
                page = await document_page(session, member().company_id, wanted, member().language)
            except Invalid:
                # An address cut short: the list from its beginning.
                wanted = replace(wanted, cursor="", newer=False)
                page = await document_page(session, member().company_id, wanted, member().language)
        self.next_page = self._address(after=page.older) if page.older else ""
        self.previous_page = self._address(before=page.newer) if page.newer else ""
        if wanted.cursor and not page.rows:
            # All that stood here is gone.
            self.previous_page = self._address()
        return page

    def _address(self, **changed: str) -> str:
        values = {"kind": self.kind, "status": self.status, "q": self.q} | changed
        return with_query(localized("/app/documents", member().language), values)


@merchant_page("/app/documents", "Documents", Bell.load, DocumentList.load)
def documents() -> rx.Component:
    return frame(
        "documents",
        t("Documents"),
        _filters(),
        rx.cond(
            DocumentList.rows.length() > 0,
            rx.fragment(
                document_table(DocumentList.rows, DocumentList.looked_at),
                pages(DocumentList.previous_page, DocumentList.next_page),
            ),
            rx.cond(DocumentList.loaded, _nothing(), rx.el.div(class_name="skeleton")),
        ),
        loaded=DocumentList.loaded,
        actions=(_import_button(), new_document_button()),
    )


def _import_button() -> rx.Component:
    return file_sender(
        "/app/import",
        "file",
        label=t("Importer"),
        busy=t("Importation…"),
        failure=t("Ce fichier n’a pas pu être importé. Réessayez dans un instant."),
        accept=".pdf,.xml,application/pdf,application/xml,text/xml",
        on_sent=DocumentList.imported,
        on_refused=DocumentList.not_imported,
        testid="import-file",
    )


def _filters() -> rx.Component:
    return rx.el.div(
        rx.el.nav(*(_tab(kind, label) for kind, label in TABS), class_name="kinds", aria_label=t("Types")),
        rx.el.select(
            rx.el.option(t("Tous les états"), value=""),
            rx.el.option(t("Sans réponse"), value=UNANSWERED),
            *(rx.el.option(t(LABELS[status]), value=status) for status in SHOWN_STATUSES),
            value=DocumentList.status,
            on_change=DocumentList.choose_status,
            aria_label=t("État"),
        ),
        rx.el.label(
            icon("search"),
            rx.el.span(t("Rechercher"), class_name="sr"),
            rx.el.input(
                type="search",
                default_value=DocumentList.q,
                key=DocumentList.turn.to_string(),
                on_change=DocumentList.search.debounce(300),
                placeholder=t("Numéro, client, ligne…"),
                custom_attrs={"data-shortcut": "/", "title": t("Rechercher (touche /)")},
            ),
            rx.el.kbd("/"),
            class_name="search",
        ),
        class_name="filters",
    )


def _tab(kind: str, label: str) -> rx.Component:
    address = path("/app/documents") + (f"?kind={kind}" if kind else "")
    current = rx.cond(DocumentList.kind == kind, "page", "false")
    return link(t(label), to=address, class_name="tab", custom_attrs={"aria-current": current})


def _nothing() -> rx.Component:
    filtered = (
        (DocumentList.q != "")
        | (DocumentList.kind != "")
        | (DocumentList.status != "")
        | (DocumentList.previous_page != "")
    )
    return rx.cond(
        filtered,
        empty(
            t("Aucun document ne correspond à cette recherche."),
            link(t("Voir tous les documents"), to=path("/app/documents"), class_name="btn"),
        ),
        empty(t("Aucun document pour l’instant. Créez votre premier devis : il sera prêt en deux minutes.")),
    )
