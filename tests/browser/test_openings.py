"""Merchant and client side by side: who looks right now, who has looked, and what the merchant makes of it."""

import re

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import Company, open_page
from tests.browser.people import PHONE, client, open_live

pytestmark = pytest.mark.browser

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/18.3 Mobile/15E148 Safari/604.1"
)
TURN = """to => {
  Object.defineProperty(document, "visibilityState", { get: () => to, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def desk_page(desk: BrowserContext, company: Company) -> tuple[Page, str]:
    quote = company.issue()
    return open_live(desk, f"/app/documents/{quote['id']}"), quote["webdocument_url"]


def test_the_merchant_sees_who_looks_right_now_and_no_longer_than_they_do(
    browser: Browser, desk: BrowserContext, company: Company
) -> None:
    page, link = desk_page(desk, company)
    listing = open_live(desk, "/app/documents")
    dot = listing.get_by_test_id("doc-row").first.get_by_test_id("row-presence")
    presence = page.get_by_test_id("presence")
    expect(presence).to_have_count(0)
    phone = client(browser, link)
    expect(presence).to_have_text("Le client regarde ce devis en ce moment")
    expect(dot).to_be_visible()
    phone.evaluate(TURN, "hidden")
    expect(presence).to_have_count(0)
    expect(dot).to_have_count(0)
    phone.evaluate(TURN, "visible")
    expect(presence).to_be_visible()
    since = phone.evaluate("performance.now()")
    phone.wait_for_function("since => performance.now() - since > 1500", arg=since)
    phone.close()
    expect(presence).to_have_count(0, timeout=10_000)
    expect(page.get_by_test_id("visible-time")).to_have_text(re.compile(r"^[1-9]\d*\ss$"))
    phone.context.close()


def test_a_visit_says_who_and_on_what_and_can_be_corrected(
    browser: Browser, desk: BrowserContext, company: Company
) -> None:
    page, link = desk_page(desk, company)
    phone = open_live(browser.new_context(**PHONE, user_agent=IPHONE), link)
    phone.get_by_test_id("doc-number").tap()
    visit = page.get_by_test_id("visit")
    expect(visit).to_contain_text("iPhone, Safari")
    expect(visit).to_contain_text("Claire Fontaine")
    expect(page.get_by_test_id("visits")).to_have_text("1")
    expect(page.get_by_test_id("status-bar")).to_contain_text("Consulté")
    visit.get_by_test_id("correct-opening").locator("summary").click()
    visit.get_by_role("button", name="C’était nous").click()
    expect(page.get_by_test_id("status-bar")).to_contain_text("Enregistré")
    expect(page.get_by_text("1 ouverture par vous")).to_be_visible()
    expect(page.get_by_text("Ouverture reclassée à la main")).to_be_visible()
    phone.context.close()
    faults = company.run("verify").stdout
    assert "consultations" not in faults
    assert "ouverture" not in faults


def test_a_driven_browser_that_only_shows_the_page_is_ignored(
    browser: Browser, desk: BrowserContext, company: Company
) -> None:
    page, link = desk_page(desk, company)
    robot, _ = open_page(browser, link, user_agent=IPHONE)
    page.reload()
    ignored = page.get_by_test_id("ignored-openings")
    while ignored.count() == 0:
        robot.wait_for_timeout(250)
        page.reload()
        expect(page.get_by_test_id("live")).to_be_visible()
    expect(ignored).to_have_text("1 ouverture automatique ignorée")
    expect(page.get_by_test_id("status-bar")).to_contain_text("Enregistré")
    expect(page.get_by_test_id("presence")).to_have_count(0)
    robot.context.close()


def test_the_preview_is_the_clients_page_and_the_owners_visit(
    browser: Browser, desk: BrowserContext, company: Company
) -> None:
    page, _ = desk_page(desk, company)
    with page.context.expect_page() as opened:
        page.get_by_test_id("preview").click()
    preview = opened.value
    expect(preview.get_by_test_id("preview-note")).to_be_visible()
    expect(preview.get_by_test_id("accept")).to_be_visible()
    assert preview.locator("form:not([inert])").count() == 0
    assert "/d/" not in preview.content()
    assert preview.locator("input[name=nonce]").first.input_value() == ""
    page.reload()
    expect(page.get_by_text("1 ouverture par vous")).to_be_visible()
    expect(page.get_by_test_id("status-bar")).to_contain_text("Enregistré")
    stranger, _ = open_page(browser)
    stranger.goto(preview.url)
    assert stranger.url.endswith("/login")
    stranger.context.close()


def test_the_client_reads_that_the_sender_is_told_unless_tracking_is_off(
    browser: Browser, company: Company
) -> None:
    link = company.issue()["webdocument_url"]
    told = "L’expéditeur est informé de l’ouverture de cette page."
    phone, _ = open_page(browser, link)
    expect(phone.get_by_text(told)).to_be_visible()
    company.sql("UPDATE companies SET tracking = 0")
    try:
        phone.reload()
        expect(phone.get_by_test_id("doc-number")).to_be_visible()
        expect(phone.get_by_text(told)).to_have_count(0)
    finally:
        company.sql("UPDATE companies SET tracking = 1")
    phone.context.close()
