"""The fields of a customer, new or known."""

from collections.abc import Mapping
from typing import Any

import reflex as rx

from webdoc_app.reads.customers import CustomerRow
from webdoc_app.services.customers import FIELDS
from webdoc_app.ui.kit.parts import field
from webdoc_app.ui.kit.words import t


def customer_values(form: Mapping[str, Any]) -> dict[str, str]:
    """What services take of a form: known fields, as texts."""
    return {name: str(form.get(name, "")) for name in FIELDS}


def customer_fields(known: rx.Var[CustomerRow] | CustomerRow | None = None) -> list[rx.Component]:
    row = known if known is not None else CustomerRow()
    return [
        field(t("Nom"), rx.el.input(name="name", required=True, max_length=200, default_value=row.name)),
        field(
            t("Adresse électronique"),
            rx.el.input(name="email", type="email", max_length=200, default_value=row.email),
        ),
        field(
            t("Adresse"), rx.el.textarea(name="address", rows="3", max_length=1000, default_value=row.address)
        ),
        field(
            t("Langue de ses documents"),
            rx.el.select(
                rx.el.option("Français", value="fr"),
                rx.el.option("English", value="en"),
                name="language",
                default_value=row.language,
            ),
        ),
        field(t("SIREN"), rx.el.input(name="siren", max_length=200, default_value=row.siren)),
        field(
            t("Numéro de TVA"), rx.el.input(name="vat_number", max_length=200, default_value=row.vat_number)
        ),
    ]
