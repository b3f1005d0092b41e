"""Reconciliation: all money in and out, by provider and month, with what needs a look on top."""

from typing import Any

import reflex as rx

from webdoc_app.integrations.payments.registry import KINDS
from webdoc_app.reads.ledger import (
    BY_HAND,
    LedgerFilter,
    LedgerRow,
    LedgerTotals,
    ledger_months,
    ledger_page,
    ledger_totals,
    read_month,
    read_way,
)
from webdoc_app.reads.payment_troubles import Trouble, payment_troubles
from webdoc_app.services.work import reading
from webdoc_app.ui.dashboard.bell import Bell
from webdoc_app.ui.dashboard.frame import frame
from webdoc_app.ui.dashboard.money_tabs import money_tabs
from webdoc_app.ui.dashboard.pages import merchant_page
from webdoc_app.ui.guards import member, merchant_only
from webdoc_app.ui.kit.addresses import page_links, page_number, with_query
from webdoc_app.ui.kit.icons import icon
from webdoc_app.ui.kit.parts import anchor, badge, empty, link, pages, panel, user_text
from webdoc_app.ui.kit.words import localized, path, t
from webdoc_app.ui.refresh import watch
from webdoc_app.ui.tabs.emptying import by_query


@by_query
class PaymentList(rx.State):
    """One page of the ledger, as the address asks for it."""

    rows: list[LedgerRow] = []
    totals: list[LedgerTotals] = []
    troubles: list[Trouble] = []
    months: list[tuple[str, str]] = []
    way: str = ""
    month: str = ""
    export: str = ""
    previous_page: str = ""
    next_page: str = ""
    loaded: bool = False

    @rx.event
    @merchant_only
    async def load(self) -> None:
        watch(self, "page", [f"company:{member().company_id}"], PaymentList.refresh)
        await self._read()
        self.loaded = True

    @rx.event
    @merchant_only
    async def refresh(self, what: str, document_id: str) -> None:
        """Only money, and what makes it due, changes anything here."""
        if what in ("payment", "issued", "converted"):
            await self._read()

    @rx.event
    @merchant_only
    async def choose_way(self, way: str) -> Any:
        """A provider was picked: the address follows, and the list follows the address."""
        return rx.redirect(self._address(way=read_way(str(way))), replace=True)

    @rx.event
    @merchant_only
    async def choose_month(self, month: str) -> Any:
        """A month was picked."""
        return rx.redirect(self._address(month=read_month(str(month))), replace=True)

    async def _read(self) -> None:
        who, query = member(), self.router.url.query_parameters
        self.way, self.month = read_way(query.get("way", "")), read_month(query.get("month", ""))
        page = page_number(query.get("page", "1"))
        wanted = LedgerFilter(who.company_id, self.way, self.month, page)
        async with reading() as session:
            self.rows, more = await ledger_page(session, wanted, who.language)
            self.totals = await ledger_totals(session, wanted, who.language)
            self.months = await ledger_months(session, who.company_id, who.language)
            self.troubles = await payment_troubles(session, who.company_id, who.language)
        here, chosen = localized("/app/payments", who.language), {"way": self.way, "month": self.month}
        self.previous_page, self.next_page = page_links(here, chosen, page, more=more)
        self.export = with_query("/app/payments/export.csv", chosen)

    def _address(self, **changed: str) -> str:
        values = {"way": self.way, "month": self.month} | changed
        return with_query(localized("/app/payments", member().language), values)


@merchant_page("/app/payments", "Paiements", Bell.load, PaymentList.load)
def payments() -> rx.Component:
    return frame(
        "payments",
        t("Paiements"),
        money_tabs("payments"),
        _filters(),
        rx.cond(PaymentList.troubles.length() > 0, _troubles(), rx.fragment()),
        rx.cond(
            PaymentList.totals.length() > 0,
            rx.el.div(rx.foreach(PaymentList.totals, _totals), class_name="ledger-totals"),
            rx.fragment(),
        ),
        rx.cond(
            PaymentList.rows.length() > 0,
            rx.fragment(_table(), pages(PaymentList.previous_page, PaymentList.next_page)),
            rx.cond(PaymentList.loaded, _nothing(), rx.el.div(class_name="skeleton")),
        ),
        loaded=PaymentList.loaded,
        actions=(
            anchor(
                t("Exporter (CSV)"),
                href=PaymentList.export,
                download=True,
                class_name="btn",
                custom_attrs={"data-testid": "export-payments"},
            ),
        ),
    )


def _filters() -> rx.Component:
    return rx.el.div(
        rx.el.select(
            rx.el.option(t("Tous les moyens"), value=""),
            *(rx.el.option(kind.label, value=name) for name, kind in KINDS.items()),
            rx.el.option(t("Enregistrés à la main"), value=BY_HAND),
            value=PaymentList.way,
            on_change=PaymentList.choose_way,
            aria_label=t("Moyen de paiement"),
        ),
        rx.el.select(
            rx.el.option(t("Tous les mois"), value=""),
            rx.foreach(PaymentList.months, lambda month: rx.el.option(month[1], value=month[0])),
            value=PaymentList.month,
            on_change=PaymentList.choose_month,
            aria_label=t("Mois"),
        ),
        class_name="filters",
    )


def _troubles() -> rx.Component:
    return panel(
        t("À vérifier"),
        rx.el.ul(rx.foreach(PaymentList.troubles, _trouble), class_name="troubles"),
        custom_attrs={"data-testid": "troubles"},
    )


def _trouble(trouble: rx.Var[Trouble]) -> rx.Component:
    bill = link(user_text(trouble.number), to=path("/app/documents/") + trouble.document_id)
    return rx.el.li(
        icon("warning"),
        rx.el.div(
            rx.el.p(rx.cond(trouble.document_id != "", rx.fragment(bill, " "), rx.fragment()), trouble.what),
            rx.el.p(trouble.todo, class_name="soft"),
        ),
        custom_attrs={"data-testid": "trouble", "data-kind": trouble.kind},
    )


def _totals(row: rx.Var[LedgerTotals]) -> rx.Component:
    def one(label: str, amount: rx.Var[str]) -> rx.Component:
        return rx.el.div(rx.el.dt(label), rx.el.dd(amount, class_name="num"))

    return rx.el.dl(
        one(t("Reçus"), row.received),
        one(t("Rendus"), row.refunded),
        one(t("Commissions connues"), row.fees),
        one(t("Net"), row.net),
        custom_attrs={"data-testid": "ledger-totals"},
        key=row.currency,
    )


def _table() -> rx.Component:
    return rx.el.div(
        rx.el.table(
            rx.el.thead(
                rx.el.tr(
                    rx.el.th(t("Document")),
                    rx.el.th(t("Client")),
                    rx.el.th(t("Moyen de paiement")),
                    rx.el.th(t("Date"), class_name="when"),
                    rx.el.th(t("Commission"), class_name="right"),
                    rx.el.th(t("Montant"), class_name="right"),
                )
            ),
            rx.el.tbody(rx.foreach(PaymentList.rows, _row)),
            class_name="documents ledger",
        ),
        class_name="table",
    )


def _row(row: rx.Var[LedgerRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.td(
            link(user_text(row.number), to=path("/app/documents/") + row.document_id, class_name="number"),
            rx.el.small(user_text(row.reference)),
            class_name="what",
        ),
        rx.el.td(user_text(row.customer), class_name="who"),
        rx.el.td(
            row.method,
            rx.cond(row.is_test, rx.fragment(" ", badge("draft", t("Test"))), rx.fragment()),
            class_name="state",
        ),
        rx.el.td(row.day, class_name="when num"),
        rx.el.td(
            rx.cond(row.fee != "", rx.fragment(rx.el.span(t("Commission"), " "), row.fee), rx.fragment()),
            class_name="seen right num",
        ),
        rx.el.td(row.amount, class_name="sum right num"),
        key=row.id,
        custom_attrs={"data-testid": "ledger-row"},
    )


def _nothing() -> rx.Component:
    return rx.cond(
        (PaymentList.way != "") | (PaymentList.month != "") | (PaymentList.previous_page != ""),
        empty(t("Rien pour ce choix."), link(t("Tout voir"), to=path("/app/payments"), class_name="btn")),
        empty(
            t(
                "Aucun paiement pour l’instant. Ceux que vos clients font, et ceux que vous enregistrez, sont ici."
            )
        ),
    )
