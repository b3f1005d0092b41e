"""What goes from a PayPal balance to the bank: its transaction search, which tells withdrawals and not what is in them.

The application needs the feature "Transaction search" at PayPal. A movement appears there within three hours.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from webdoc_app.integrations.payments.payouts import PaidOut, PayoutState
from webdoc_app.integrations.payments.paypal_amounts import from_paypal

WITHDRAWALS = ("T0400", "T0401", "T0403")
"""By hand or programmed, swept, by hand (developer.paypal.com, transaction event codes)."""
WINDOW = timedelta(days=31)
"""What one search may span."""
PAGE = 500

_STATES = {
    "S": PayoutState.PAID,
    "P": PayoutState.PENDING,
    "D": PayoutState.FAILED,
    "V": PayoutState.FAILED,
}


def searches(since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
    """The questions that cover the time between, each for one kind of withdrawal; `page` is for the caller to add."""
    start = since
    while start < until:
        end = min(start + WINDOW, until)
        for code in WITHDRAWALS:
            yield {
                "start_date": f"{start:%Y-%m-%dT%H:%M:%SZ}",
                "end_date": f"{end:%Y-%m-%dT%H:%M:%SZ}",
                "transaction_type": code,
                "fields": "transaction_info",
                "page_size": PAGE,
            }
        start = end


def withdrawals(answer: Mapping[str, Any]) -> list[PaidOut]:
    """Of one answer. What leaves the balance is negative there."""
    found = [each["transaction_info"] for each in answer.get("transaction_details") or []]
    return [_withdrawal(each) for each in found if each["transaction_event_code"] in WITHDRAWALS]


def _withdrawal(info: Mapping[str, Any]) -> PaidOut:
    amount = info["transaction_amount"]
    sent = datetime.fromisoformat(info["transaction_initiation_date"])
    return PaidOut(
        id=info["transaction_id"],
        amount_minor=-from_paypal(amount),
        currency=amount["currency_code"],
        state=_STATES.get(info.get("transaction_status", ""), PayoutState.PENDING),
        arrives_on=datetime.fromisoformat(info["transaction_updated_date"]).date(),
        sent_at=sent,
    )
