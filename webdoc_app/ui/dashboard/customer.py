"""One customer: who they are, to be mended in place, and their documents."""

from typing import Any

import reflex as rx

from webdoc_app.domain.errors import NotFound
from webdoc_app.locales import translate
from webdoc_app.reads.customers import CustomerRow, customer_row, documents_of_customer
from webdoc_app.reads.dashboard import DocumentRow, mark_changes
from webdoc_app.services.customers import change_customer, find_customer
from webdoc_app.services.work import reading
from webdoc_app.ui.dashboard.address import named
from webdoc_app.ui.dashboard.bell import Bell
from webdoc_app.ui.dashboard.customer_fields import customer_fields, customer_values
from webdoc_app.ui.dashboard.document_table import document_table
from webdoc_app.ui.dashboard.frame import frame
from webdoc_app.ui.dashboard.pages import merchant_page
from webdoc_app.ui.guards import member, merchant_only
from webdoc_app.ui.kit.here import page_form
from webdoc_app.ui.kit.notice import Notice
from webdoc_app.ui.kit.parts import empty, link
from webdoc_app.ui.kit.words import path, t
from webdoc_app.ui.refresh import watch


class CustomerPage(rx.State):
    """The customer the address names, and their newest documents."""

    customer: CustomerRow = CustomerRow()
    rows: list[DocumentRow] = []
    loaded: bool = False

    @rx.event
    @merchant_only
    async def load(self) -> None:
        watch(self, "page", [f"company:{member().company_id}"], CustomerPage.refresh)
        try:
            self.rows = await self._read()
        except NotFound:
            return  # The page itself says so.
        finally:
            self.loaded = True

    @rx.event
    @merchant_only
    async def refresh(self, what: str, document_id: str) -> None:
        """Something happened in the company."""
        if self.customer.id:
            self.rows = mark_changes(self.rows, await self._read())

    @rx.event
    @merchant_only
    async def save(self, form: dict[str, Any]) -> None:
        """Issued documents keep who it was then."""
        await change_customer(member().company_id, named(self, "customers"), customer_values(form))
        await self._read()
        sentence = translate("C’est enregistré.", member().language)
        (await self.get_state(Notice))._say(sentence, problem=False)

    async def _read(self) -> list[DocumentRow]:
        who, id_ = member(), named(self, "customers")
        async with reading() as session:
            self.customer = customer_row(await find_customer(session, who.company_id, id_))
            return await documents_of_customer(session, who.company_id, id_, who.language)


@merchant_page("/app/customers/[customer_id]", "Client", Bell.load, CustomerPage.load)
def customer() -> rx.Component:
    known = CustomerPage.customer
    return frame(
        "customers",
        rx.cond(known.id != "", known.name, t("Client")),
        rx.cond(
            known.id != "",
            rx.el.div(
                page_form(
                    *customer_fields(known),
                    rx.el.button(t("Enregistrer"), type="submit", class_name="btn go"),
                    on_submit=CustomerPage.save,
                    key=known.id,
                    class_name="panel stack",
                ),
                rx.el.section(
                    rx.el.header(rx.el.h2(t("Ses documents"))),
                    rx.cond(
                        CustomerPage.rows.length() > 0,
                        document_table(CustomerPage.rows),
                        empty(t("Aucun document pour ce client.")),
                    ),
                    class_name="latest",
                ),
                class_name="customer-page",
            ),
            rx.cond(
                CustomerPage.loaded,
                empty(
                    t("Ce client n’existe pas."),
                    link(t("Voir tous les clients"), to=path("/app/customers"), class_name="btn"),
                ),
                rx.el.div(class_name="skeleton"),
            ),
        ),
        loaded=CustomerPage.loaded,
    )
