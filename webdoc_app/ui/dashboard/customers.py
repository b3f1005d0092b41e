"""The list of customers, with a search and the way to add one."""

from typing import Any

import reflex as rx

from webdoc_app.domain.text import NAME
from webdoc_app.reads.customers import CustomerRow, list_customers
from webdoc_app.services.customers import create_customer
from webdoc_app.services.work import reading
from webdoc_app.ui.dashboard.address import follow_search, is_at
from webdoc_app.ui.dashboard.bell import Bell
from webdoc_app.ui.dashboard.customer_fields import customer_fields, customer_values
from webdoc_app.ui.dashboard.frame import frame
from webdoc_app.ui.dashboard.pages import merchant_page
from webdoc_app.ui.guards import member, merchant_only
from webdoc_app.ui.kit.addresses import page_links, page_number, with_query
from webdoc_app.ui.kit.here import page_form
from webdoc_app.ui.kit.icons import icon
from webdoc_app.ui.kit.openers import dialog_button
from webdoc_app.ui.kit.parts import empty, link, pages, user_text
from webdoc_app.ui.kit.words import localized, path, t
from webdoc_app.ui.refresh import watch
from webdoc_app.ui.tabs.emptying import by_query, keeps


@by_query
@keeps("turn", "_typed")
class CustomerList(rx.State):
    """One page of customers, as the address asks for it."""

    rows: list[CustomerRow] = []
    q: str = ""
    previous_page: str = ""
    next_page: str = ""
    done: int = 0
    turn: int = 0
    loaded: bool = False
    _typed: list[str] = []

    @rx.event
    @merchant_only
    async def load(self) -> None:
        """Reads what the address asks for."""
        watch(self, "page", [f"company:{member().company_id}"], CustomerList.refresh)
        await self._read()
        self._typed, is_another = follow_search(self._typed, self.q)
        self.turn += is_another
        self.loaded = True

    @rx.event
    @merchant_only
    async def refresh(self, what: str, document_id: str) -> None:
        """A document came or went: its customer's number changes."""
        if what in ("created", "deleted", "converted", "imported"):
            await self._read()

    @rx.event
    @merchant_only
    async def search(self, q: str) -> Any:
        """Typing in the search field: the address follows, and the list follows the address."""
        words = str(q)[:NAME].strip()
        base = localized("/app/customers", member().language)
        if not is_at(self, base):
            return None
        self._typed = [*self._typed[-20:], words]
        return rx.redirect(with_query(base, {"q": words}), replace=True)

    @rx.event
    @merchant_only
    async def create(self, form: dict[str, Any]) -> Any:
        customer_id = await create_customer(member().company_id, customer_values(form))
        self.done += 1
        return rx.redirect(localized(f"/app/customers/{customer_id}", member().language))

    async def _read(self) -> None:
        who, query = member(), self.router.url.query_parameters
        self.q = query.get("q", "")[:NAME]
        page = page_number(query.get("page", "1"))
        async with reading() as session:
            self.rows, more = await list_customers(session, who.company_id, self.q, page=page)
        base = localized("/app/customers", who.language)
        self.previous_page, self.next_page = page_links(base, {"q": self.q}, page, more=more)


@merchant_page("/app/customers", "Clients", Bell.load, CustomerList.load)
def customers() -> rx.Component:
    return frame(
        "customers",
        t("Clients"),
        rx.el.div(
            rx.el.label(
                icon("search"),
                rx.el.span(t("Rechercher"), class_name="sr"),
                rx.el.input(
                    type="search",
                    default_value=CustomerList.q,
                    key=CustomerList.turn.to_string(),
                    on_change=CustomerList.search.debounce(300),
                    placeholder=t("Nom, adresse électronique, ville…"),
                    custom_attrs={"data-shortcut": "/", "title": t("Rechercher (touche /)")},
                ),
                rx.el.kbd("/"),
                class_name="search",
            ),
            class_name="filters",
        ),
        rx.cond(
            CustomerList.rows.length() > 0,
            rx.fragment(_table(), pages(CustomerList.previous_page, CustomerList.next_page)),
            rx.cond(CustomerList.loaded, _nothing(), rx.el.div(class_name="skeleton")),
        ),
        loaded=CustomerList.loaded,
        actions=(_new(),),
    )


def _new() -> rx.Component:
    return dialog_button(
        t("Nouveau client"),
        t("Nouveau client"),
        page_form(
            *customer_fields(),
            rx.el.button(t("Créer le client"), type="submit", class_name="btn go"),
            on_submit=CustomerList.create,
            class_name="stack",
        ),
        close_label=t("Fermer"),
        close_at=CustomerList.done,
        look="btn go plus",
        shortcut="n",
        hint=t("Nouveau client (touche n)"),
    )


def _table() -> rx.Component:
    return rx.el.div(
        rx.el.table(
            rx.el.thead(
                rx.el.tr(
                    rx.el.th(t("Nom")),
                    rx.el.th(t("Adresse électronique")),
                    rx.el.th(t("Documents"), class_name="right"),
                )
            ),
            rx.el.tbody(rx.foreach(CustomerList.rows, _row)),
            class_name="customers",
        ),
        class_name="table",
    )


def _row(row: rx.Var[CustomerRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.td(
            link(user_text(row.name), to=path("/app/customers/") + row.id, class_name="number name"),
            class_name="who",
        ),
        rx.el.td(row.email, class_name="soft"),
        rx.el.td(row.documents, rx.el.span(t("documents"), class_name="unit"), class_name="right num"),
        key=row.id,
    )


def _nothing() -> rx.Component:
    return rx.cond(
        CustomerList.q != "",
        empty(t("Aucun client ne correspond à cette recherche.")),
        empty(
            t("Pas encore de client. Ajoutez le premier, ou importez une facture : son client vient avec.")
        ),
    )
