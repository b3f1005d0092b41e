"""Importing this module registers every merchant page."""

from webdoc_app.ui.dashboard import (
    customer,
    customers,
    document,
    documents,
    editor,
    followups,
    home,
    mails,
    outbox,
    payments,
    payouts,
    settings,
)

__all__ = [
    "customer",
    "customers",
    "document",
    "documents",
    "editor",
    "followups",
    "home",
    "mails",
    "outbox",
    "payments",
    "payouts",
    "settings",
]
