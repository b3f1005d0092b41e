"""Disputes at PayPal: their API tells which there are about a payment, and how one ended."""

from collections.abc import Mapping
from typing import Any

from webdoc_app.integrations.payments.contract import UNDISPUTED, Declined, Dispute, DisputeState
from webdoc_app.integrations.payments.paypal_amounts import from_paypal
from webdoc_app.integrations.payments.paypal_http import call

_LOST = frozenset({"RESOLVED_BUYER_FAVOUR", "ACCEPTED"})
"""The money is the buyer's. With RESOLVED_WITH_PAYOUT it is PayPal that pays: the company keeps its own."""


async def dispute_of(keys: Mapping[str, str], base: str, capture_id: str) -> Dispute:
    """The dispute about a captured payment; of several, the one that costs most.

    Raises Declined where the application may not read disputes, Unreachable.
    """
    told = await _read(keys, f"{base}/v1/customer/disputes", {"disputed_transaction_id": capture_id})
    found = [await _one(keys, base, item) for item in told.get("items") or []]
    for state in (DisputeState.LOST, DisputeState.OPEN, DisputeState.WON):
        for dispute in found:
            if dispute.state is state:
                return dispute
    return UNDISPUTED


async def _one(keys: Mapping[str, str], base: str, item: Mapping[str, Any]) -> Dispute:
    """The list does not say how a dispute ended."""
    asked = from_paypal(item["dispute_amount"])
    if item["status"] != "RESOLVED":
        return Dispute(DisputeState.OPEN, asked)
    details = await _read(keys, f"{base}/v1/customer/disputes/{item['dispute_id']}")
    outcome = details.get("dispute_outcome") or {}
    if outcome.get("outcome_code") not in _LOST:
        return Dispute(DisputeState.WON, asked)
    given = outcome.get("amount_refunded")
    return Dispute(DisputeState.LOST, from_paypal(given) if given else asked)


async def _read(keys: Mapping[str, str], url: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
    answer = await call(keys, url, params=params)
    if answer.status_code != 200:
        raise Declined(f"paypal: disputes {answer.status_code}")
    found: dict[str, Any] = answer.json()
    return found
