"""The balance of Stripe's accounts: a movement for each charge, refund and dispute, paid out together."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.emulators.base import new

DISPUTE_FEE = 1_500


def fee_of(amount: int) -> int:
    """1.5 % and 25 cents, as of a card of the European Economic Area."""
    return (amount * 15 + 500) // 1000 + 25


@dataclass
class Balance:
    """`movements` in order; each knows its account's key, which is never told."""

    now: Callable[[], datetime]
    movements: list[dict[str, Any]] = field(default_factory=list)
    payouts: list[dict[str, Any]] = field(default_factory=list)

    def move(self, key: str, type_: str, amount: int, currency: str, source: str, fee: int = 0) -> str:
        movement = {
            "id": new("txn_"),
            "object": "balance_transaction",
            "type": type_,
            "amount": amount,
            "fee": fee,
            "net": amount - fee,
            "currency": currency,
            "source": source,
            "created": int(self.now().timestamp()),
            "key": key,
            "payout": None,
        }
        self.movements.append(movement)
        return str(movement["id"])

    def of(self, source: str) -> dict[str, Any] | None:
        """The movement a charge made."""
        return next((told(each) for each in self.movements if each["source"] == source), None)

    def pay_out(self, key: str, *, automatic: bool = True, status: str = "paid") -> dict[str, Any] | None:
        """Everything of the account that is not paid out yet."""
        held = [each for each in self.movements if each["key"] == key and each["payout"] is None]
        if not held:
            return None
        moment = self.now()
        payout = {
            "id": new("po_"),
            "object": "payout",
            "amount": sum(each["net"] for each in held),
            "currency": held[0]["currency"],
            "automatic": automatic,
            "status": status,
            "reconciliation_status": "completed" if automatic else "not_applicable",
            "arrival_date": int((moment + timedelta(days=2)).timestamp()),
            "created": int(moment.timestamp()),
            "key": key,
        }
        self.payouts.append(payout)
        self.move(key, "payout", -payout["amount"], payout["currency"], payout["id"])
        for each in [*held, self.movements[-1]]:
            each["payout"] = payout["id"] if automatic else ""
        return payout

    def listed(self, key: str, since: int, until: int) -> list[dict[str, Any]]:
        """An account's payouts, newest first."""
        mine = [each for each in self.payouts if each["key"] == key and since <= each["created"] <= until]
        return [told(each) for each in reversed(mine)]

    def held_by(self, key: str, payout_id: str) -> list[dict[str, Any]]:
        mine = [each for each in self.movements if (each["key"], each["payout"]) == (key, payout_id)]
        return [told(each) for each in reversed(mine)]


def told(thing: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in thing.items() if name not in ("key", "payout")}
