"""The two sides of reconciliation: what clients paid, and what reached the bank."""

import reflex as rx

from webdoc_app.ui.kit.parts import link
from webdoc_app.ui.kit.words import path, t

TABS = (("payments", "/app/payments", "Paiements"), ("payouts", "/app/payments/payouts", "Versements"))


def money_tabs(active: str) -> rx.Component:
    return rx.el.nav(
        *(
            link(
                t(label),
                to=path(address),
                class_name="tab",
                custom_attrs={"aria-current": "page" if name == active else "false"},
            )
            for name, address, label in TABS
        ),
        class_name="kinds money-tabs",
        aria_label=t("Paiements et versements"),
    )
