"""« Nouveau »: what, for whom, and then the editor with the draft."""

from typing import Any

import reflex as rx

from webdoc_app.domain.documents import Kind
from webdoc_app.domain.errors import Invalid
from webdoc_app.reads.customers import customer_named, list_customers
from webdoc_app.reads.sheet import KIND_LABELS
from webdoc_app.services.customers import create_customer
from webdoc_app.services.documents import DraftInput, create_draft
from webdoc_app.services.work import reading
from webdoc_app.ui.guards import member, merchant_only
from webdoc_app.ui.kit.here import page_form
from webdoc_app.ui.kit.openers import dialog_button
from webdoc_app.ui.kit.parts import field
from webdoc_app.ui.kit.words import localized, t

SUGGESTIONS = 20


class NewDocument(rx.State):
    """Suggests known customers; makes the draft, and the customer where the name is new."""

    names: list[str] = []
    done: int = 0

    @rx.event
    @merchant_only
    async def suggest(self, name: str) -> None:
        """Customers whose name holds what was typed so far."""
        async with reading() as session:
            found, _ = await list_customers(
                session, member().company_id, str(name)[:200].strip(), size=SUGGESTIONS
            )
        self.names = list(dict.fromkeys(customer.name for customer in found))

    @rx.event
    @merchant_only
    async def create(self, form: dict[str, Any]) -> Any:
        """Makes the draft and opens it."""
        who = member()
        kind, name = str(form.get("kind", "")), str(form.get("customer", "")).strip()
        if kind not in Kind.__members__.values():
            raise Invalid.one("kind", "Ce type de document n’existe pas.")
        async with reading() as session:
            customer_id = await customer_named(session, who.company_id, name)
        if not customer_id:
            fields = {"name": name, "email": str(form.get("email", "")), "language": who.language}
            customer_id = await create_customer(who.company_id, fields)
        document_id = await create_draft(who.company_id, DraftInput(Kind(kind), customer_id), who.actor)
        self.done += 1
        return rx.redirect(localized(f"/app/documents/{document_id}/edit", who.language))


def new_document_button() -> rx.Component:
    """The primary button of the pages that list documents."""
    return dialog_button(
        t("Nouveau"),
        t("Nouveau document"),
        page_form(
            field(
                t("Type"),
                rx.el.select(
                    *(rx.el.option(t(KIND_LABELS[kind]), value=kind.value) for kind in Kind), name="kind"
                ),
            ),
            field(
                t("Client"),
                rx.el.input(
                    name="customer",
                    required=True,
                    max_length=200,
                    auto_complete="off",
                    list="known-customers",
                    on_focus=NewDocument.suggest(""),
                    on_change=NewDocument.suggest.debounce(250),
                ),
                hint=t("Un client connu, ou un nouveau nom."),
            ),
            rx.el.datalist(
                rx.foreach(NewDocument.names, lambda name: rx.el.option(value=name)), id="known-customers"
            ),
            field(
                t("Adresse électronique"),
                rx.el.input(name="email", type="email", max_length=200, auto_complete="off"),
                hint=t("Pour un nouveau client, si vous la connaissez."),
            ),
            rx.el.button(t("Créer le brouillon"), type="submit", class_name="btn go"),
            on_submit=NewDocument.create,
            class_name="stack",
        ),
        close_label=t("Fermer"),
        close_at=NewDocument.done,
        look="btn go plus",
        shortcut="n",
        hint=t("Nouveau document (touche n)"),
        testid="new-document",
    )
