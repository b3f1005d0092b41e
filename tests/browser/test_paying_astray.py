"""Paying that does not go straight on: refused cards, closed tabs, two tabs, money given back. Both sides follow."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.people import open_live
from tests.browser.till import Bill, Till, expect_status, go, pay_and_stay, press, till
from tests.emulators.base import DECLINED_CARD
from tests.emulators.running import KEYS

pytestmark = pytest.mark.browser
each = pytest.mark.parametrize("provider", KEYS)


@pytest.fixture(scope="module")
def counter(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Till]:
    with till(browser, tmp_path_factory.mktemp("till"), KEYS) as found:
        yield found


@pytest.fixture
def bill(counter: Till) -> Iterator[Bill]:
    """A fresh one; webhooks go out, and no page of a test before is left open."""
    yield counter.bill()
    for emulator in counter.providers.all.values():
        emulator.faults.drop = False
    for page in counter.office.pages:
        page.close()


@each
def test_a_refused_card_is_told_and_another_one_pays(bill: Bill, provider: str) -> None:
    page, desk = bill.phone(), bill.desk()
    go(page, provider)
    page.get_by_label("Carte").fill(DECLINED_CARD)
    page.get_by_role("button", name="Payer").first.tap()
    if provider == "stripe":
        # Stripe keeps the person on its page.
        expect(page.get_by_role("alert")).to_contain_text("refusée")
        page.get_by_role("button", name="Annuler").tap()
    page.wait_for_url("**/d/**")
    expect(page.get_by_test_id("payment-notice")).to_have_text(
        "Votre paiement de 120,00 € a été refusé : rien n’a été débité. Vous pouvez recommencer."
    )
    expect(page.get_by_test_id("net-to-pay")).to_have_text("120,00 €")
    expect(page.get_by_test_id("receipt")).to_have_count(0)
    expect(desk.get_by_test_id("payment")).to_have_count(0)
    assert bill.ledger() == []
    expect(page.get_by_test_id("live")).to_be_visible()
    go(page, provider)
    press(page)
    expect(page.get_by_test_id("payment-notice")).to_have_text("Merci ! Votre paiement de 120,00 € est reçu.")
    expect_status(desk, "Payé")
    assert bill.ledger() == [12_000]
    page.context.close()


@pytest.mark.parametrize("provider", ["stripe"])
def test_two_bills_are_paid_one_after_the_other_in_one_tab(bill: Bill, provider: str) -> None:
    other = bill.till.bill()
    page = bill.phone()
    go(page, provider)
    press(page)
    expect(page.get_by_test_id("payment-notice")).to_have_text("Merci ! Votre paiement de 120,00 € est reçu.")
    page.goto(other.link)
    expect(page.get_by_test_id("live")).to_be_visible()
    expect(page.get_by_test_id("receipt")).to_have_count(0)
    go(page, provider)
    press(page)
    expect(page.get_by_test_id("payment-notice")).to_have_text("Merci ! Votre paiement de 120,00 € est reçu.")
    assert (bill.ledger(), other.ledger()) == ([12_000], [12_000])
    page.context.close()


@each
def test_paid_and_the_tab_closed_before_the_way_back(bill: Bill, provider: str) -> None:
    page, other, desk = bill.phone(), bill.phone(), bill.desk()
    go(page, provider)
    pay_and_stay(page)
    page.context.close()
    expect_status(other, "Payé")
    expect(other.get_by_test_id("payment-notice")).to_have_text(
        "Merci ! Votre paiement de 120,00 € est reçu."
    )
    expect(other.get_by_test_id(f"pay-{provider}")).to_have_count(0)
    expect_status(desk, "Payé")
    expect(desk.get_by_test_id("payment")).to_have_count(1)
    assert bill.ledger() == [12_000]
    query = "SELECT count(*) FROM payment_attempts WHERE document_id = ? AND returned_at IS NOT NULL"
    assert bill.till.company.sql(query, bill.id) == [(0,)]
    other.context.close()


@each
def test_the_tab_closed_before_paying_leaves_all_as_it_was(bill: Bill, provider: str) -> None:
    page, other, desk = bill.phone(), bill.phone(), bill.desk()
    go(page, provider)
    page.context.close()
    late = bill.phone()
    for client in (other, late):
        expect(client.get_by_test_id(f"pay-{provider}")).to_be_visible()
        expect(client.get_by_test_id("payment-notice")).to_have_count(0)
        expect(client.get_by_test_id("doc-status")).to_have_text(re.compile("Enregistré|Consulté"))
        expect(client.get_by_test_id("net-to-pay")).to_have_text("120,00 €")
    expect(desk.get_by_test_id("payment")).to_have_count(0)
    go(late, provider)
    press(late)
    for client in (late, other):
        expect_status(client, "Payé")
    assert bill.ledger() == [12_000]
    for client in (late, other):
        client.context.close()


@each
def test_two_tabs_and_the_second_one_comes_too_late(bill: Bill, provider: str) -> None:
    first = bill.phone()
    second = open_live(first.context, bill.link)
    for page in (first, second):
        go(page, provider)
    press(first)
    # The other tab began later, and takes nothing from what became of this one.
    expect(first.get_by_test_id("payment-notice")).to_have_text(
        "Merci ! Votre paiement de 120,00 € est reçu."
    )
    second.get_by_role("button", name="Payer").first.tap()
    if provider == "paypal":
        # An order cannot be closed there: agreed to, it is not captured.
        second.wait_for_url("**/d/**")
        expect(second.get_by_test_id("payment-notice")).to_have_text(
            "Il ne reste rien à payer : rien de plus n’a été débité."
        )
    else:
        expect(second.get_by_role("heading", level=1)).to_contain_text("n’est plus ouvert")
        second.goto(bill.link)
    for page in (first, second):
        expect_status(page, "Payé")
        expect(page.get_by_test_id("receipt")).to_have_count(1)
    assert bill.ledger() == [12_000]
    first.context.close()


@pytest.mark.parametrize(
    # What PayPal's page brings is taken by us alone, so only one of the two can be there.
    ("unheard", "provider"),
    [("stripe", "stripe"), ("stripe", "paypal"), ("payzen", "payzen")],
)
def test_truly_paid_twice_is_said_on_both_sides_and_to_be_looked_at(
    bill: Bill, unheard: str, provider: str
) -> None:
    first, desk, money = bill.phone(), bill.desk(), open_live(bill.till.office, "/app/payments")
    second = open_live(first.context, bill.link)
    go(first, unheard)
    go(second, provider)
    # Nobody hears of the first payment until the second is made.
    bill.till.providers.all[unheard].faults.drop = True
    pay_and_stay(first)
    press(second)
    watched = bill.phone()
    for page in (second, watched):
        expect_status(page, "Trop-perçu")
        expect(page.get_by_test_id("receipt")).to_have_count(2)
        expect(page.get_by_test_id(f"pay-{provider}")).to_have_count(0)
    expect_status(desk, "Trop-perçu")
    expect(desk.get_by_test_id("payment")).to_have_count(2)
    trouble = money.get_by_test_id("trouble").filter(has_text=bill.number)
    expect(trouble).to_contain_text("120,00 € ont été payés en trop.")
    assert bill.ledger() == [12_000, 12_000]
    for page in (first, watched):
        page.context.close()


@each
def test_money_given_back_is_seen_on_both_sides_and_receipts_open(bill: Bill, provider: str) -> None:
    page, desk = bill.phone(), bill.desk()
    go(page, provider)
    press(page)
    expect(page.get_by_test_id("live")).to_be_visible()
    for receipt in (page.get_by_test_id("receipt"), desk.get_by_test_id("payment-receipt")):
        answer = receipt.page.request.get(receipt.evaluate("link => link.href"))
        assert (answer.status, answer.body()[:5]) == (200, b"%PDF-")
    desk.get_by_test_id("refund").click()
    desk.get_by_test_id("payment").get_by_label("Montant").fill("20,00")
    desk.get_by_role("button", name="Rembourser par le prestataire").click()
    expect(page.get_by_test_id("net-to-pay")).to_have_text("20,00 €")
    for side in (page, desk):
        expect_status(side, "Partiellement payé")
    expect(desk.get_by_test_id("payment").filter(has_text="Remboursement")).to_contain_text("20,00")
    expect(page.get_by_test_id(f"pay-{provider}")).to_contain_text("20,00")
    expect(page.get_by_test_id("receipt")).to_have_count(1)
    assert bill.ledger() == [-2_000, 12_000]
    page.context.close()


@pytest.mark.parametrize("scripts", [True, False])
def test_read_in_english_paid_and_back_in_english(bill: Bill, scripts: bool) -> None:
    page = bill.phone(scripts=scripts)
    page.get_by_role("link", name="English").tap()
    page.wait_for_url("**/en/d/**")
    if scripts:
        expect(page.get_by_test_id("live")).to_be_visible()
    go(page, "stripe")
    press(page)
    expect(page).to_have_url(re.compile("/en/d/"))
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_test_id("payment-notice")).to_have_text(
        "Thank you! Your payment of €120.00 has been received."
    )
    page.context.close()
