"""Whoever switched the page's language meets it again at the provider and on coming back."""

import json
import re
from html import unescape

import pytest

from tests.emulators.running import FORM_KEYS
from tests.payments.cases import things
from tests.payments.conftest import PROVIDERS, Bill, Shop
from webdoc_app.services.payment_accounts import connect

ASKED_IN_ENGLISH = {"stripe": "en", "paypal": "en-GB", "payzen": "en_GB"}


def asked_in(shop: Shop, provider: str) -> str:
    """The language the newest page of a provider was asked for in."""
    thing = things(shop, provider)[-1]
    if provider == "paypal":
        return str(json.loads(shop.providers.paypal.intended[thing["id"]])["locale"])
    return str(thing["locale"])


async def lands_on(bill: Bill, address: str) -> str:
    answer = await bill.shop.http.get(address)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("act", ["pay", "cancel"])
async def test_read_in_english_paid_in_english_and_back_in_english(
    shop: Shop, provider: str, act: str
) -> None:
    bill = await shop.bill()
    page = (await bill.press(provider, language="en")).headers["location"]
    assert asked_in(shop, provider) == ASKED_IN_ENGLISH[provider]
    assert await lands_on(bill, await bill.click(page, act)) == f"/en/d/{bill.token}"
    assert await bill.word() == ("paid" if act == "pay" else "issued")


@pytest.mark.parametrize("language", ["", "fr", "de", "en/../x"])
async def test_the_documents_own_language_needs_no_other_address(shop: Shop, language: str) -> None:
    bill = await shop.bill()
    page = (await bill.press("stripe", language=language)).headers["location"]
    assert asked_in(shop, "stripe") == "fr"
    assert await lands_on(bill, await bill.click(page)) == f"/d/{bill.token}"


async def test_a_payzen_form_goes_on_in_english(shop: Shop) -> None:
    await connect(shop.company_id, "payzen", "test", FORM_KEYS)
    bill = await shop.bill()
    address = (await bill.press("payzen", language="en")).headers["location"]
    page = (await shop.http.get(address)).text
    assert "Continue to PayZen" in page and f'href="/en/d/{bill.token}"' in page
    found = re.findall(r'name="(\w+)" value="([^"]*)"', page)
    fields = {name: unescape(value) for name, value in found}
    assert fields["vads_language"] == "en"
    origin = shop.providers.payzen.origin
    taken = await shop.browser.post(f"{origin}/vads-payment/", data=fields)
    back = await bill.click(f"{origin}{taken.headers['location']}")
    assert await lands_on(bill, back) == f"/en/d/{bill.token}"
    # Paid now: the form's own address leads back too.
    assert await lands_on(bill, address) == f"/en/d/{bill.token}"


async def test_an_unknown_way_back_says_so_in_its_language(shop: Shop) -> None:
    answer = await shop.http.get("/en/return/nobody", headers={"accept-language": "fr"})
    assert (answer.status_code, '<html lang="en"' in answer.text) == (404, True)


async def test_what_is_refused_is_refused_in_the_language_it_was_read_in(shop: Shop) -> None:
    bill = await shop.bill()
    answer = await bill.press("stripe", amount="1", language="en")
    assert (answer.status_code, '<html lang="en"' in answer.text) == (422, True)
