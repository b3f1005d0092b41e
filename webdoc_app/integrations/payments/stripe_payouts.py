"""Stripe's payouts, and the movements of the balance in each (docs.stripe.com/payouts/reconciliation)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from webdoc_app.integrations.payments.payouts import LineKind, PaidOut, PaidOutLine, PayoutState
from webdoc_app.integrations.payments.stripe_amounts import from_stripe

PAGE = 100

_KINDS = {
    "charge": LineKind.PAYMENT,
    "payment": LineKind.PAYMENT,
    "refund": LineKind.REFUND,
    "payment_refund": LineKind.REFUND,
    "refund_failure": LineKind.REFUND,
    "payment_failure_refund": LineKind.REFUND,
}
_CAME_HOME = ("refund_failure", "payment_failure_refund")


async def payouts(client: Any, since: datetime, until: datetime) -> list[PaidOut]:
    asked = {"created": {"gte": int(since.timestamp()), "lte": int(until.timestamp())}, "limit": PAGE}
    found = await client.v1.payouts.list_async(asked)
    return [_payout(payout.to_dict()) async for payout in found.auto_paging_iter()]


async def payout_lines(client: Any, payout_id: str) -> list[PaidOutLine]:
    asked = {"payout": payout_id, "limit": PAGE, "expand": ["data.source"]}
    found = await client.v1.balance_transactions.list_async(asked)
    movements = [movement.to_dict() async for movement in found.auto_paging_iter()]
    # The payout itself is one of its movements: what leaves the balance.
    return [_line(movement) for movement in movements if movement["type"] != "payout"]


def _payout(payout: Mapping[str, Any]) -> PaidOut:
    """A manual payout is of an amount, not of payments: Stripe cannot say what is in it."""
    currency = str(payout["currency"]).upper()
    return PaidOut(
        id=payout["id"],
        amount_minor=from_stripe(payout["amount"], currency),
        currency=currency,
        state=PayoutState(payout["status"]),
        arrives_on=datetime.fromtimestamp(payout["arrival_date"], UTC).date(),
        sent_at=datetime.fromtimestamp(payout["created"], UTC),
        is_itemized=bool(payout["automatic"]) and payout["reconciliation_status"] == "completed",
    )


def _line(movement: Mapping[str, Any]) -> PaidOutLine:
    source = movement.get("source")
    source = source if isinstance(source, dict) else {}
    kind = _KINDS.get(movement["type"], LineKind.OTHER)
    if movement["type"] == "adjustment" and source.get("object") == "dispute":
        kind = LineKind.DISPUTE
    metadata, currency = source.get("metadata") or {}, str(movement["currency"]).upper()
    return PaidOutLine(
        id=movement["id"],
        kind=kind,
        gross_minor=from_stripe(movement["amount"], currency),
        fee_minor=from_stripe(movement["fee"], currency),
        name=_name(movement["type"], kind, source),
        attempt_id=str(metadata.get("attempt_id") or "") if kind is LineKind.PAYMENT else "",
    )


def _name(type_: str, kind: LineKind, source: Mapping[str, Any]) -> str:
    """The ledger's name: a payment is known by its intent, what a lost dispute took by its payment's."""
    intent = source.get("payment_intent")
    intent = intent if isinstance(intent, str) else ""
    if kind is LineKind.REFUND and source.get("object") == "refund":
        return f"failed:{source['id']}" if type_ in _CAME_HOME else str(source["id"])
    if kind is LineKind.DISPUTE:
        return f"dispute:{intent}" if intent else ""
    return intent if kind is LineKind.PAYMENT else ""
