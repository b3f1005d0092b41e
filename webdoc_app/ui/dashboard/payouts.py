"""Payouts: what arrived at the bank from the providers, what it is made of, and what is strange about it."""

from typing import Any

import reflex as rx

from webdoc_app.models.columns import is_id
from webdoc_app.reads.ledger import read_month
from webdoc_app.reads.payouts import (
    PayoutFilter,
    PayoutLineRow,
    PayoutRow,
    payout_hints,
    payout_lines,
    payout_months,
    payout_page,
)
from webdoc_app.services.payouts import read_payouts_of
from webdoc_app.services.work import reading
from webdoc_app.ui.dashboard.bell import Bell
from webdoc_app.ui.dashboard.frame import frame
from webdoc_app.ui.dashboard.money_tabs import money_tabs
from webdoc_app.ui.dashboard.pages import merchant_page
from webdoc_app.ui.guards import member, merchant_only
from webdoc_app.ui.kit.addresses import page_links, page_number, with_query
from webdoc_app.ui.kit.icons import icon
from webdoc_app.ui.kit.parts import anchor, badge, empty, link, pages, user_text
from webdoc_app.ui.kit.words import localized, path, t
from webdoc_app.ui.refresh import watch
from webdoc_app.ui.tabs.emptying import by_query


@by_query
class PayoutList(rx.State):
    """One page of payouts, or one payout with its lines, as the address asks for it."""

    rows: list[PayoutRow] = []
    lines: list[PayoutLineRow] = []
    hints: list[str] = []
    months: list[tuple[str, str]] = []
    month: str = ""
    payout: str = ""
    export: str = ""
    previous_page: str = ""
    next_page: str = ""
    asking: bool = False
    loaded: bool = False

    @rx.event
    @merchant_only
    async def load(self) -> None:
        watch(self, "page", [f"company:{member().company_id}"], PayoutList.refresh)
        await self._read()
        self.loaded = True

    @rx.event
    @merchant_only
    async def refresh(self, what: str, document_id: str) -> None:
        """Payouts were read anew, or a payment they hold was booked."""
        if what in ("payouts", "payment"):
            await self._read()

    @rx.event
    @merchant_only
    async def choose_month(self, month: str) -> Any:
        """A month was picked: the address follows, and the list follows the address."""
        values = {"month": read_month(str(month))}
        return rx.redirect(
            with_query(localized("/app/payments/payouts", member().language), values), replace=True
        )

    @rx.event
    @merchant_only
    async def ask(self) -> Any:
        """The providers are asked now rather than within the hour."""
        self.asking = True
        yield
        try:
            await read_payouts_of(member().company_id)
            await self._read()
        finally:
            self.asking = False

    async def _read(self) -> None:
        who, query = member(), self.router.url.query_parameters
        self.month, wanted_id = read_month(query.get("month", "")), query.get("payout", "")
        self.payout = wanted_id if is_id(wanted_id) else ""
        page = page_number(query.get("page", "1"))
        wanted = PayoutFilter(who.company_id, self.month, self.payout, page)
        async with reading() as session:
            self.rows, more = await payout_page(session, wanted, who.language)
            is_itemized = bool(self.payout and self.rows and self.rows[0].contents)
            self.lines = await payout_lines(session, wanted, who.language) if is_itemized else []
            self.months = await payout_months(session, who.company_id, who.language)
            self.hints = await payout_hints(session, who.company_id, who.language)
        here, chosen = localized("/app/payments/payouts", who.language), {"month": self.month}
        self.previous_page, self.next_page = page_links(here, chosen, page, more=more)
        self.export = with_query("/app/payments/payouts.csv", chosen | {"payout": self.payout})


@merchant_page("/app/payments/payouts", "Versements", Bell.load, PayoutList.load)
def payouts() -> rx.Component:
    return frame(
        "payments",
        t("Versements"),
        money_tabs("payouts"),
        _filters(),
        rx.foreach(PayoutList.hints, lambda hint: rx.el.p(icon("warning"), hint, class_name="hint-line")),
        rx.cond(
            PayoutList.rows.length() > 0,
            rx.fragment(_table(), _contents(), pages(PayoutList.previous_page, PayoutList.next_page)),
            rx.cond(PayoutList.loaded, _nothing(), rx.el.div(class_name="skeleton")),
        ),
        loaded=PayoutList.loaded,
        actions=(
            anchor(
                t("Exporter (CSV)"),
                href=PayoutList.export,
                download=True,
                class_name="btn",
                custom_attrs={"data-testid": "export-payouts"},
            ),
        ),
    )


def _filters() -> rx.Component:
    return rx.el.div(
        rx.cond(
            PayoutList.payout != "",
            link(t("Tous les versements"), to=path("/app/payments/payouts"), class_name="btn"),
            rx.el.select(
                rx.el.option(t("Tous les mois"), value=""),
                rx.foreach(PayoutList.months, lambda month: rx.el.option(month[1], value=month[0])),
                value=PayoutList.month,
                on_change=PayoutList.choose_month,
                aria_label=t("Mois"),
            ),
        ),
        rx.el.button(
            rx.cond(PayoutList.asking, t("Nous demandons…"), t("Actualiser")),
            type="button",
            class_name="btn",
            disabled=PayoutList.asking,
            on_click=PayoutList.ask,
            custom_attrs={"data-testid": "ask-payouts"},
        ),
        class_name="filters",
    )


def _table() -> rx.Component:
    return rx.el.div(
        rx.el.table(
            rx.el.thead(
                rx.el.tr(
                    rx.el.th(t("Versement")),
                    rx.el.th(t("Contenu")),
                    rx.el.th(t("État")),
                    rx.el.th(t("Arrivée"), class_name="when"),
                    rx.el.th(t("Commission"), class_name="right"),
                    rx.el.th(t("Montant"), class_name="right"),
                )
            ),
            rx.el.tbody(rx.foreach(PayoutList.rows, _row)),
            class_name="documents ledger",
        ),
        class_name="table",
    )


def _row(row: rx.Var[PayoutRow]) -> rx.Component:
    test = rx.cond(row.is_test, rx.fragment(" ", badge("draft", t("Test"))), rx.fragment())
    return rx.el.tr(
        rx.el.td(
            link(row.provider, to=path("/app/payments/payouts?payout=") + row.id, class_name="number"),
            rx.el.small(user_text(row.reference)),
            class_name="what",
        ),
        rx.el.td(
            rx.cond(row.contents != "", row.contents, t("Détail inconnu")),
            rx.cond(row.problem != "", rx.el.small(row.problem, class_name="strange"), rx.fragment()),
            class_name="who",
        ),
        rx.el.td(badge(row.state, row.state_label), test, class_name="state"),
        rx.el.td(row.day, class_name="when num"),
        rx.el.td(
            rx.cond(row.fees != "", rx.fragment(rx.el.span(t("Commission"), " "), row.fees), rx.fragment()),
            class_name="seen right num",
        ),
        rx.el.td(row.amount, class_name="sum right num"),
        key=row.id,
        custom_attrs={"data-testid": "payout-row"},
    )


def _contents() -> rx.Component:
    """What the chosen payout is made of."""
    return rx.cond(
        PayoutList.lines.length() > 0,
        rx.el.section(
            rx.el.h2(t("Ce qu’il contient")),
            rx.el.div(
                rx.el.table(
                    rx.el.thead(
                        rx.el.tr(
                            rx.el.th(t("Document")),
                            rx.el.th(t("Client")),
                            rx.el.th(t("Opération")),
                            rx.el.th(t("Brut"), class_name="when right"),
                            rx.el.th(t("Commission"), class_name="right"),
                            rx.el.th(t("Net"), class_name="right"),
                        )
                    ),
                    rx.el.tbody(rx.foreach(PayoutList.lines, _line)),
                    class_name="documents ledger",
                ),
                class_name="table",
            ),
            class_name="contents",
        ),
        rx.fragment(),
    )


def _line(line: rx.Var[PayoutLineRow]) -> rx.Component:
    bill = link(user_text(line.number), to=path("/app/documents/") + line.document_id, class_name="number")
    return rx.el.tr(
        rx.el.td(
            rx.cond(line.document_id != "", bill, rx.fragment()),
            rx.el.small(user_text(line.reference)),
            class_name="what",
        ),
        rx.el.td(user_text(line.customer), class_name="who"),
        rx.el.td(line.kind, class_name="state"),
        rx.el.td(line.gross, class_name="when right num"),
        rx.el.td(
            rx.cond(line.fee != "", rx.fragment(rx.el.span(t("Commission"), " "), line.fee), rx.fragment()),
            class_name="seen right num",
        ),
        rx.el.td(line.net, class_name="sum right num"),
        key=line.id,
        custom_attrs={"data-testid": "payout-line"},
    )


def _nothing() -> rx.Component:
    return rx.cond(
        (PayoutList.month != "") | (PayoutList.payout != "") | (PayoutList.previous_page != ""),
        empty(
            t("Rien pour ce choix."),
            link(t("Tout voir"), to=path("/app/payments/payouts"), class_name="btn"),
        ),
        empty(
            t(
                "Aucun versement pour l’instant. Nous demandons chaque heure à Stripe et à PayPal ce qu’ils vous versent."
            )
        ),
    )
