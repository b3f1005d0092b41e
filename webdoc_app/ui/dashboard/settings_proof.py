"""Where a second factor is on, keys and payment accounts ask for a recent code: said before anything is typed."""

import reflex as rx

from webdoc_app.ui.dashboard.settings_state import SettingsPage
from webdoc_app.ui.kit.parts import anchor
from webdoc_app.ui.kit.words import t


def proof_first() -> rx.Component:
    return rx.cond(
        SettingsPage.needs_proof,
        rx.el.div(
            rx.el.p(t("Pour toucher à ce qui suit, confirmez d’abord que c’est vous."), class_name="soft"),
            rx.el.p(
                anchor(
                    t("Confirmer mon code"),
                    href="/login/confirm",
                    class_name="btn",
                    custom_attrs={"data-testid": "prove"},
                )
            ),
            class_name="stack",
        ),
        rx.fragment(),
    )
