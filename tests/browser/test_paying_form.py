"""PayZen without REST: a page of ours with one button sends the signed form, on a phone, with scripts and without."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.axe import violations
from tests.browser.people import open_live
from tests.browser.till import Bill, Till, expect_status, press, till
from tests.emulators.base import DECLINED_CARD
from tests.emulators.running import FORM_KEYS

pytestmark = pytest.mark.browser
THANKS = "Merci ! Votre paiement de 120,00 € est reçu."


@pytest.fixture(scope="module")
def counter(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Till]:
    with till(browser, tmp_path_factory.mktemp("till"), {"payzen": FORM_KEYS}) as found:
        yield found


@pytest.fixture
def bill(counter: Till) -> Iterator[Bill]:
    yield counter.bill()
    for page in counter.office.pages:
        page.close()


def to_the_form(page: Page) -> None:
    page.get_by_test_id("pay-payzen").tap()
    page.wait_for_url("**/form")
    expect(page.get_by_test_id("pay-form")).to_be_in_viewport()


def go(page: Page) -> None:
    """Through our page to PayZen's."""
    to_the_form(page)
    page.get_by_test_id("pay-form").tap()
    page.wait_for_url("**/pay/**")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_bill_is_paid_through_the_form_and_the_merchant_sees_it(bill: Bill, scripts: bool) -> None:
    page, desk = bill.phone(scripts=scripts), bill.desk()
    to_the_form(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("120,00 €")
    expect(page.get_by_text(bill.number)).to_be_visible()
    if scripts:
        assert violations(page) == []
    page.get_by_test_id("pay-form").tap()
    page.wait_for_url("**/pay/**")
    expect(page.get_by_text("120,00 €")).to_be_visible()
    press(page)
    expect(page.get_by_test_id("payment-notice")).to_have_text(THANKS)
    for side in (page, desk):
        expect_status(side, "Payé")
    # Nothing is given back through a form.
    expect(desk.get_by_test_id("payment")).to_have_count(1)
    expect(desk.get_by_test_id("refund")).to_have_count(0)
    receipt = page.request.get(f"{bill.till.company.server.origin}{_receipt(page)}")
    assert (receipt.status, receipt.body()[:5]) == (200, b"%PDF-")
    assert bill.ledger() == [12_000]
    page.context.close()


def _receipt(page: Page) -> str:
    return page.get_by_test_id("receipt").get_attribute("href") or ""


@pytest.mark.parametrize("scripts", [True, False])
def test_a_way_out_a_refused_card_and_then_paid(bill: Bill, scripts: bool) -> None:
    page = bill.phone(scripts=scripts)
    to_the_form(page)
    page.get_by_role("link", name="Revenir au document").tap()
    expect(page.get_by_test_id("pay-payzen")).to_be_visible()
    expect(page.get_by_test_id("payment-notice")).to_have_count(0)
    go(page)
    press(page, "Annuler")
    expect(page.get_by_test_id("payment-notice")).to_have_text("Paiement annulé : rien n’a été débité.")
    go(page)
    page.get_by_label("Carte").fill(DECLINED_CARD)
    press(page)
    expect(page.get_by_test_id("payment-notice")).to_contain_text("a été refusé : rien n’a été débité.")
    expect(page.get_by_test_id("receipt")).to_have_count(0)
    assert bill.ledger() == []
    go(page)
    press(page)
    expect(page.get_by_test_id("payment-notice")).to_have_text(THANKS)
    assert bill.ledger() == [12_000]
    page.context.close()


def test_two_tabs_have_both_paid_and_it_is_said(bill: Bill) -> None:
    """A form cannot be taken back once it was sent."""
    first, desk = bill.phone(), bill.desk()
    second = open_live(first.context, bill.link)
    for page in (first, second):
        go(page)
    for page in (first, second):
        press(page)
    for page in (first, second, desk):
        expect_status(page, "Trop-perçu")
    expect(first.get_by_test_id("receipt")).to_have_count(2)
    money = open_live(bill.till.office, "/app/payments")
    trouble = money.get_by_test_id("trouble").filter(has_text=bill.number)
    expect(trouble).to_contain_text("120,00 € ont été payés en trop.")
    assert bill.ledger() == [12_000, 12_000]
    first.context.close()


def test_the_form_of_a_bill_paid_meanwhile_leads_back_to_it(bill: Bill) -> None:
    waiting, page = bill.phone(), bill.phone()
    for each in (waiting, page):
        to_the_form(each)
    page.get_by_test_id("pay-form").tap()
    page.wait_for_url("**/pay/**")
    press(page)
    expect_status(page, "Payé")
    waiting.reload()
    waiting.wait_for_url("**/d/**")
    expect_status(waiting, "Payé")
    assert bill.ledger() == [12_000]
    for each in (waiting, page):
        each.context.close()
