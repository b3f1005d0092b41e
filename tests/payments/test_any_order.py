"""Payments, refunds, disputes and their notices in any order: our ledger ends as the provider's own books."""

import random
from typing import Any

import pytest
from sqlalchemy import text

from tests.emulators.base import Sent
from tests.payments.cases import sent_by
from tests.payments.conftest import PROVIDERS, Bill, Shop
from webdoc_app.domain.errors import Refusal
from webdoc_app.integrations.payments.contract import PaymentsError
from webdoc_app.services import refunds
from webdoc_app.services.audit import verify
from webdoc_app.services.payment_attempts import balance
from webdoc_app.services.settling import settle
from webdoc_app.services.work import runtime

STEPS = 25
LOST = {"stripe": "lost", "paypal": "RESOLVED_BUYER_FAVOUR"}
WON = {"stripe": "won", "paypal": "RESOLVED_SELLER_FAVOUR"}


class Day:
    """One provider, some bills, and whatever happens to them."""

    def __init__(self, shop: Shop, provider: str, seed: int) -> None:
        self.shop, self.provider, self.chance = shop, provider, random.Random(seed)
        self.emulator: Any = shop.providers.all[provider]
        self.before = {id(thing) for thing in self._things()}
        self.waiting: list[Sent] = []
        self.bills: list[Bill] = []

    def _things(self) -> list[dict[str, Any]]:
        if self.provider == "stripe":
            return [t for t in self.emulator.things.values() if t["object"] == "checkout.session"]
        return list(self.emulator.orders.values())

    def taken(self) -> list[dict[str, Any]]:
        """The provider's payments of this day through which money came."""
        return [t for t in self._things() if id(t) not in self.before and self.kept(t, of_all=True) > 0]

    def kept(self, thing: dict[str, Any], *, of_all: bool = False) -> int:
        """What the provider's books say is the company's of one payment, in cents; `of_all` before any of it went."""
        return {"stripe": self._stripe, "paypal": self._paypal, "payzen": self._payzen}[self.provider](
            thing, of_all
        )

    def _stripe(self, thing: dict[str, Any], of_all: bool) -> int:
        if thing["payment_status"] != "paid":
            return 0
        things = self.emulator.things
        intent = things[thing["payment_intent"]]
        gone = [
            t["amount"]
            for t in things.values()
            if t["object"] == "refund" and t["charge"] == intent["latest_charge"] and t["status"] != "failed"
        ]
        lost = [
            t["amount"]
            for t in things.values()
            if t["object"] == "dispute" and t["payment_intent"] == intent["id"] and t["status"] == "lost"
        ]
        return int(intent["amount"]) - (0 if of_all else min(sum(gone) + sum(lost), intent["amount"]))

    def _paypal(self, thing: dict[str, Any], of_all: bool) -> int:
        payments = thing["purchase_units"][0].get("payments") or {"captures": [], "refunds": []}
        taken = [c for c in payments["captures"] if c["status"] not in ("PENDING", "DECLINED")]
        if not taken:
            return 0
        whole = round(float(taken[0]["amount"]["value"]) * 100)
        gone = sum(
            round(float(r["amount"]["value"]) * 100) for r in payments["refunds"] if r["status"] != "FAILED"
        )
        dispute = self.emulator.disputes.get(taken[0]["id"], {})
        if dispute.get("dispute_outcome", {}).get("outcome_code") == LOST["paypal"]:
            gone += round(float(dispute["dispute_amount"]["value"]) * 100)
        return whole - (0 if of_all else min(gone, whole))

    def _payzen(self, thing: dict[str, Any], of_all: bool) -> int:
        good = ("AUTHORISED", "CAPTURED")
        debits = [t for t in thing["transactions"] if t["operationType"] == "DEBIT"]
        if of_all:
            return sum(t["amount"] for t in debits if t["detailedStatus"] in good)
        credits_ = [t for t in thing["transactions"] if t["operationType"] == "CREDIT"]
        return sum(t["amount"] for t in debits if t["detailedStatus"] in good) - sum(
            t["amount"] for t in credits_ if t["detailedStatus"] in good
        )

    async def step(self) -> None:
        acts = [self.pay, self.pay, self.hear, self.hear, self.refund, self.give_back, self.ask]
        if self.provider in LOST:
            acts += [self.dispute, self.dispute]
        await self.chance.choice(acts)()
        self.waiting += await sent_by(self.shop, self.provider)

    async def pay(self) -> None:
        if not self.bills or self.chance.random() < 0.5:
            self.bills.append(await self.shop.bill())
        bill = self.chance.choice(self.bills)
        answer = await bill.press(self.provider)
        if answer.status_code != 303:
            return
        address = await bill.click(answer.headers["location"], self.chance.choice(["pay", "pay", "cancel"]))
        if address and self.chance.random() < 0.5:
            await bill.come_back(address)

    async def hear(self) -> None:
        """Notices arrive, late, twice or never."""
        self.chance.shuffle(self.waiting)
        for sent in self.waiting[: self.chance.randrange(4)]:
            await self.shop.deliver(self.provider, sent)
        del self.waiting[: self.chance.randrange(3)]

    async def refund(self) -> None:
        async with runtime().engine.connect() as connection:
            query = text(
                "SELECT p.id, a.refunded_minor FROM payments p JOIN payment_attempts a"
                " ON a.captured_id = p.reference WHERE p.amount_minor > 0 ORDER BY p.at"
            )
            rows = (await connection.execute(query)).all()
        if rows:
            payment, already = self.chance.choice(rows)
            try:
                await refunds.refund(
                    self.shop.company_id, payment, self.chance.choice([1_000, 3_000]), already
                )
            except Refusal:
                return

    async def give_back(self) -> None:
        """At the provider's own site, never more than is there."""
        for thing in self.chance.sample(self.taken(), min(1, len(self.taken()))):
            if self.kept(thing) >= 2_000:
                self.emulator.run(self.emulator.give_back(thing, 2_000))

    async def dispute(self) -> None:
        """A part of it: opened, won, or lost, once for each payment as long as the money is there."""
        for thing in self.chance.sample(self.taken(), min(1, len(self.taken()))):
            status = self.chance.choice(["", WON[self.provider], LOST[self.provider]])
            if self.kept(thing) >= 4_000:
                first = "needs_response" if self.provider == "stripe" else ""
                self.emulator.run(self.emulator.dispute(thing, first, 4_000))
                if status:
                    self.emulator.run(self.emulator.dispute(thing, status, 4_000))

    async def ask(self) -> None:
        for attempt in await self._attempts():
            if self.chance.random() < 0.3:
                try:
                    await settle(attempt)
                except PaymentsError:
                    return

    async def _attempts(self) -> list[str]:
        async with runtime().engine.connect() as connection:
            found = await connection.execute(text("SELECT id FROM payment_attempts WHERE reference != ''"))
            return [str(id_) for id_ in found.scalars().all()]

    async def ends(self) -> None:
        """All that was said is heard, and all is asked once more."""
        for sent in self.waiting:
            await self.shop.deliver(self.provider, sent)
        for attempt in await self._attempts():
            await settle(attempt, disputes=True)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("provider", PROVIDERS)
async def test_the_ledger_ends_as_the_providers_own_books(shop: Shop, provider: str, seed: int) -> None:
    day = Day(shop, provider, seed)
    for _ in range(STEPS):
        await day.step()
    await day.ends()
    theirs = sum(day.kept(thing) for thing in day.taken())
    ours = await shop.count("SELECT sum(amount_minor) FROM payments")
    assert ours == theirs
    assert day.taken()
    rows = [await bill.row() for bill in day.bills]
    assert sum(row.paid_minor for row in rows) == ours
    assert sum(balance(row).due for row in rows) == 12_000 * len(rows) - ours
    assert await verify() == []
