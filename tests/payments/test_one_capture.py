"""One try is one payment, its own, at each provider: a second one and another attempt's are not booked."""

from typing import Any

import pytest

from tests.payments.books import moves_nothing
from tests.payments.cases import attempt_of, each, things
from tests.payments.conftest import Shop
from webdoc_app.integrations.payments.contract import Unreachable
from webdoc_app.reads.payment_troubles import payment_troubles
from webdoc_app.services.audit import verify
from webdoc_app.services.settling import settle
from webdoc_app.services.work import reading


def capture_again(shop: Shop, provider: str) -> None:
    """The provider tells of a second payment of the same page."""
    thing = things(shop, provider)[-1]
    if provider == "paypal":
        captures = thing["purchase_units"][0]["payments"]["captures"]
        captures.append(captures[0] | {"id": "SECOND0000001"})
    elif provider == "payzen":
        thing["transactions"].append(thing["transactions"][0] | {"uuid": "5" * 32})
    else:
        kept: dict[str, Any] = shop.providers.stripe.things
        intent = kept[thing["payment_intent"]]
        kept["pi_second"] = intent | {"id": "pi_second"}
        thing["payment_intent"] = "pi_second"


@each
async def test_a_second_payment_of_one_page_is_said_and_not_booked(shop: Shop, provider: str) -> None:
    bill = await shop.bill()
    await bill.come_back(await bill.pay(provider))
    capture_again(shop, provider)
    for _ in range(2):
        await settle(await attempt_of(bill))
    await bill.is_settled_once()
    assert await bill.told("payment.flagged") == 1
    async with reading() as session:
        troubles = await payment_troubles(session, shop.company_id, "fr")
    assert [(t.kind, t.number) for t in troubles] == [("second", (await bill.row()).number)]


OTHERS = {
    "stripe": [{"client_reference_id": "0" * 32}, {"livemode": True}, {"id": "cs_test_other"}],
    "paypal": [{"purchase_units": []}, {"id": "OTHERORDER001"}],
    "payzen": [{"orderId": "0" * 32}],
}


@each
async def test_what_is_told_of_another_attempt_or_mode_concludes_nothing(shop: Shop, provider: str) -> None:
    bill = await shop.bill()
    address = await bill.pay(provider)
    thing = things(shop, provider)[-1]
    for change in OTHERS[provider]:
        kept = dict(thing)
        thing.update(change)
        if change == {"purchase_units": []}:
            thing["purchase_units"] = [kept["purchase_units"][0] | {"custom_id": "0" * 32}]
        with pytest.raises(Unreachable):
            await settle(await attempt_of(bill))
        await moves_nothing(lambda: bill.come_back(address), change)
        thing.update(kept)
    await bill.come_back(address)
    await bill.is_settled_once()
    assert await verify() == []
