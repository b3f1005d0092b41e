"""Disputes at PayPal: their API tells which there are about a payment, and how one ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from webdoc_app.integrations.payments.contract import Captured, Declined, DisputeState, Refunded, sum_of
from webdoc_app.integrations.payments.paypal_amounts import from_paypal
from webdoc_app.integrations.payments.paypal_http import call

_LOST = frozenset({"RESOLVED_BUYER_FAVOUR", "ACCEPTED"})
"""The money is the buyer's. With RESOLVED_WITH_PAYOUT it is PayPal that pays: the company keeps its own."""


@dataclass(frozen=True)
class _Case:
    state: DisputeState
    amount_minor: int
    opened_at: datetime


async def with_disputes(keys: Mapping[str, str], base: str, captured: Captured) -> Captured:
    """A payment with its disputes. Raises Declined where the application may not read them, Unreachable."""
    told = await _read(keys, f"{base}/v1/customer/disputes", {"disputed_transaction_id": captured.id})
    cases = [await _one(keys, base, item) for item in told.get("items") or []]
    return replace(
        captured,
        refunds=_told_apart(captured.refunds, [case for case in cases if case.state is DisputeState.LOST]),
        dispute=sum_of([(case.state, case.amount_minor) for case in cases]),
    )


def _told_apart(refunds: Sequence[Refunded], lost: list[_Case]) -> tuple[Refunded, ...]:
    """PayPal may list what a lost dispute took as a refund as well, and nothing of it names the dispute.

    So one refund for each lost dispute is that very money: of its amount to the cent, and made since it was opened.
    """
    left, found = list(lost), []
    for refund in refunds:
        same = next((case for case in left if _is_same(refund, case)), None)
        if same is not None:
            left.remove(same)
        found.append(replace(refund, of_dispute=same is not None))
    return tuple(found)


def _is_same(refund: Refunded, case: _Case) -> bool:
    if refund.failed or refund.made_at is None:
        return False
    return refund.amount_minor == case.amount_minor and refund.made_at >= case.opened_at


async def _one(keys: Mapping[str, str], base: str, item: Mapping[str, Any]) -> _Case:
    """The list does not say how a dispute ended."""
    asked, opened_at = from_paypal(item["dispute_amount"]), datetime.fromisoformat(item["create_time"])
    if item["status"] != "RESOLVED":
        return _Case(DisputeState.OPEN, asked, opened_at)
    details = await _read(keys, f"{base}/v1/customer/disputes/{item['dispute_id']}")
    outcome = details.get("dispute_outcome") or {}
    if outcome.get("outcome_code") not in _LOST:
        return _Case(DisputeState.WON, asked, opened_at)
    given = outcome.get("amount_refunded")
    return _Case(DisputeState.LOST, from_paypal(given) if given else asked, opened_at)


async def _read(keys: Mapping[str, str], url: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
    answer = await call(keys, url, params=params)
    if answer.status_code != 200:
        raise Declined(f"paypal: disputes {answer.status_code}")
    found: dict[str, Any] = answer.json()
    return found
