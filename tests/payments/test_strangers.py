"""Without a provider's secret nobody moves a ledger: any sequence of what a client or a stranger can send."""

import json
import random
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import strategies as st

from tests.emulators.base import Sent
from tests.emulators.running import FORM_KEYS
from tests.payments.books import books, examples
from tests.payments.cases import sent_by
from tests.payments.conftest import Bill, Shop
from tests.payments.test_signed_forms import STEPS, form_of, mutated, relabelled
from webdoc_app.services import companies
from webdoc_app.services.audit import verify
from webdoc_app.services.nonces import new_nonce
from webdoc_app.services.payment_accounts import connect
from webdoc_app.services.settling_due import settle_due

WAYS = ("stripe", "paypal", "payzen", "form")
ACTS = (
    "pay",
    "back",
    "cancel",
    "notice",
    "spoilt",
    "elsewhere",
    "neighbours",
    "poll",
    "form",
    *["fields"] * 6,
)

act = st.tuples(st.sampled_from(ACTS), st.integers(0, 10_000), st.integers(0, 10_000), STEPS)


class Stranger:
    """A client with a paid and an unpaid bill at one provider, all true messages seen so far, and a neighbour's."""

    def __init__(self, shop: Shop, way: str) -> None:
        self.shop, self.way = shop, way
        self.provider = "payzen" if way == "form" else way
        self.seen: list[Sent] = []  # true notices of what is booked already
        self.theirs: list[Sent] = []  # signed for another account
        self.returns: list[str] = []
        self.signed: list[dict[str, str]] = []

    async def begin(self) -> None:
        """One bill paid and heard of, one refused or given up, and another company with a payment of its own."""
        await self._neighbour()
        self.paid, self.unpaid = await self.shop.bill(), await self.shop.bill()
        await self._look_at(self.paid, "pay", "")
        await self._look_at(self.unpaid, "cancel", "")
        if self.way != "paypal":
            await self._look_at(self.unpaid, "pay", "4000000000000002")
        await self.shop.deliver_all(self.provider)
        await settle_due()

    async def _neighbour(self) -> None:
        """Their notices are true, and signed with their own keys."""
        other, _ = await companies.create_company("Voisin", "v@voisin.example", "motdepasse")
        account = await connect(other, self.provider, "test", self.shop.providers.second(self.provider))
        neighbour = Shop(
            other, {self.provider: account}, self.shop.providers, self.shop.http, self.shop.browser
        )
        await (await neighbour.bill()).pay(self.provider)
        self.theirs = await sent_by(self.shop, self.provider)
        if self.way == "form":
            await connect(self.shop.company_id, "payzen", "test", FORM_KEYS)

    async def _look_at(self, bill: Bill, what: str, card: str) -> None:
        page = await bill.go(self.provider)
        if self.way == "form":
            form = await form_of(bill, page)
            self.signed.append(form)
            origin = self.shop.providers.payzen.origin
            taken = await self.shop.browser.post(f"{origin}/vads-payment/", data=form)
            page = f"{origin}{taken.headers['location']}"
        back = await bill.click(page, what, card=card)
        if back:
            self.returns.append(back)
            await self.shop.http.get(back)
            if self.way == "form":
                fields = dict(parse_qsl(back.partition("?")[2], keep_blank_values=True))
                fields.pop("cancelled", None)
                self.signed.append(fields)
        sent = await sent_by(self.shop, self.provider)
        self.seen += sent
        for one in sent:
            await self.shop.deliver(self.provider, one)

    async def do(self, what: str, first: int, second: int, steps: list[Any]) -> None:
        bill = (self.paid, self.unpaid)[first % 2]
        await getattr(self, f"_{what}")(bill, first, second, steps)

    async def _pay(self, bill: Bill, first: int, *_: Any) -> None:
        """Asks for a page, with whatever amount; it is not paid on."""
        await bill.press(self.provider, amount=("", "1", "-5", "120", "1e2", "0,01")[first % 6])

    async def _back(self, bill: Bill, first: int, second: int, *_: Any) -> None:
        address = self.returns[first % len(self.returns)]
        other = self.returns[second % len(self.returns)]
        query = ("", address.partition("?")[2], other.partition("?")[2], "token=X&PayerID=Y")[second % 4]
        await self.shop.http.get(f"{address.partition('?')[0]}?{query}")

    async def _cancel(self, bill: Bill, first: int, *_: Any) -> None:
        await self.shop.http.get(f"{self.returns[first % len(self.returns)].partition('?')[0]}?cancelled=1")

    async def _notice(self, bill: Bill, first: int, *_: Any) -> None:
        """A true one again, of what is known."""
        if self.seen:
            await self.shop.deliver(self.provider, self.seen[first % len(self.seen)])

    async def _spoilt(self, bill: Bill, first: int, second: int, *_: Any) -> None:
        """A true one with bytes or headers changed."""
        one = (self.seen + self.theirs)[first % len(self.seen + self.theirs)]
        chance = random.Random(second)
        body, headers = bytearray(one.body), dict(one.headers)
        kind = second % 4
        if kind == 0:
            body = body[: chance.randrange(len(body))]
        elif kind == 1:
            body[chance.randrange(len(body))] ^= 1 << chance.randrange(7)
        elif kind == 2:
            body = body.replace(b"12000", b"12001").replace(b"120.00", b"120.01") + b" "
        else:
            headers = {name: value[::-1] if len(value) > 40 else value for name, value in headers.items()}
        await self.shop.deliver(self.provider, Sent(one.url, bytes(body), headers))

    async def _elsewhere(self, bill: Bill, first: int, second: int, *_: Any) -> None:
        """A true one, at the address of another provider's account."""
        if self.seen:
            one = self.seen[first % len(self.seen)]
            await self.shop.deliver(("stripe", "paypal", "payzen")[second % 3], one)

    async def _neighbours(self, bill: Bill, first: int, second: int, *_: Any) -> None:
        """Genuinely signed, with another account's secret."""
        if self.theirs:
            await self.shop.deliver(self.provider, self.theirs[first % len(self.theirs)])

    async def _fields(self, bill: Bill, first: int, second: int, steps: list[Any]) -> None:
        """Signed fields of a form or an answer, made into something else."""
        if not self.signed:
            body = json.dumps({"id": f"evt_{first}", "type": "checkout.session.completed"}).encode()
            await self.shop.deliver(self.provider, Sent("", body, {"stripe-signature": "t=1,v1=0"}))
            return
        signed = self.signed[first % len(self.signed)]
        fields = mutated(signed, steps) if second % 3 == 0 else relabelled(signed, first * 10_007 + second)
        await self.shop.deliver("payzen", Sent("", urlencode(fields).encode(), {}))
        address = self.returns[second % len(self.returns)].partition("?")[0]
        await self.shop.http.get(f"{address}?{urlencode(fields)}")

    async def _poll(self, *_: Any) -> None:
        await settle_due()

    async def _form(self, bill: Bill, first: int, *_: Any) -> None:
        """Forms of ours with a nonce that is another's, or none."""
        other = (self.paid, self.unpaid)[first % 2]
        await bill.press(self.provider, nonce=new_nonce(other.id, ("pay", "decision")[first % 3 // 2]))
        await self.shop.http.get(f"{self.returns[first % len(self.returns)].partition('?')[0]}/form")


@pytest.mark.parametrize("way", WAYS)
async def test_no_sequence_of_a_strangers_messages_changes_a_ledger(shop: Shop, way: str) -> None:
    stranger = Stranger(shop, way)
    await stranger.begin()
    before = await books()
    assert before["payments"]
    for sequence in examples(st.lists(act, min_size=1, max_size=8), 20):
        for step in sequence:
            await stranger.do(*step)
        after = await books()
        known = {row[0] for row in before["attempts"]}
        fresh = [row for row in after["attempts"] if row[0] not in known]
        # New attempts may have begun: no money has come through them, none is on its way.
        assert all(row[3:7] == ("", 0, None, "") for row in fresh), sequence
        after["attempts"] = [row for row in after["attempts"] if row[0] in known]
        assert after == before, sequence
    assert await stranger.paid.word() == "paid"
    assert await stranger.unpaid.word() == "issued"
    assert await verify() == []
