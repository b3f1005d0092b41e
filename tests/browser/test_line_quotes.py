"""A message about a line of the document: from both sides, and without scripts."""

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.axe import violations
from tests.browser.conftest import Company, open_page
from tests.browser.people import client, open_live

pytestmark = pytest.mark.browser
LINES = [
    {"description": f"{name}\nen chêne", "unit_price": "100"} for name in ("Table", "Banc <b>", "Étagère")
]


def quoted(page: Page) -> str:
    return page.get_by_test_id("message").last.locator("blockquote").inner_text()


def test_a_line_is_quoted_live_from_both_sides(
    browser: Browser, desk: BrowserContext, company: Company
) -> None:
    quote = company.issue(lines=LINES)
    page = open_live(desk, f"/app/documents/{quote['id']}")
    phone = client(browser, quote["webdocument_url"])
    phone.get_by_role("link", name="Citer la ligne 2").tap()
    expect(phone.get_by_test_id("quoted")).to_have_text("2. Banc <b>")
    expect(phone.get_by_test_id("message-input")).to_be_focused()
    phone.emulate_media(color_scheme="light", reduced_motion="reduce")
    assert violations(phone) == []
    phone.get_by_test_id("message-input").fill("En hêtre aussi ?")
    phone.get_by_test_id("message-send").tap()
    for each in (phone, page):
        expect(each.get_by_test_id("message").last).to_contain_text("En hêtre aussi ?")
        assert quoted(each) == "2. Banc <b>"
    expect(phone.get_by_test_id("quoted")).to_have_count(0)
    assert "line=" not in phone.url

    page.get_by_role("link", name="Citer la ligne 3").click()
    expect(page.get_by_test_id("quoted")).to_have_text("3. Étagère")
    page.get_by_role("button", name="Ne pas citer").click()
    expect(page.get_by_test_id("quoted")).to_have_count(0)
    page.get_by_role("link", name="Citer la ligne 1").click()
    page.get_by_test_id("message-input").fill("Oui.")
    page.get_by_test_id("message-send").click()
    expect(phone.get_by_test_id("message").last).to_contain_text("Oui.")
    assert quoted(phone) == "1. Table"
    expect(page.get_by_test_id("quoted")).to_have_count(0)
    page.get_by_test_id("message").last.locator("blockquote a").click()
    expect(page.locator("#line-1")).to_be_in_viewport()
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    assert violations(page) == []
    page.emulate_media(color_scheme="no-preference")
    phone.context.close()
    page.close()


def test_a_line_is_quoted_without_scripts(browser: Browser, company: Company) -> None:
    quote = company.issue(lines=LINES)
    page, _ = open_page(browser, quote["webdocument_url"], scripts=False)
    page.get_by_role("link", name="Citer la ligne 3").click()
    expect(page.locator(".quoted")).to_contain_text("3. Étagère")
    page.get_by_test_id("message-input").fill("Plus haute ?")
    page.get_by_test_id("message-send").click()
    expect(page.get_by_test_id("message")).to_contain_text("Plus haute ?")
    assert quoted(page) == "3. Étagère"
    expect(page.locator(".quoted")).to_have_count(0)
    page.goto(quote["webdocument_url"] + "?line=9")
    expect(page.locator(".quoted")).to_have_count(0)
    page.context.close()


def test_what_was_pressed_before_the_page_was_live_stays_quoted(browser: Browser, company: Company) -> None:
    quote = company.issue(lines=LINES)
    page, complaints = open_page(browser, quote["webdocument_url"] + "?line=2#slot-conversation")
    expect(page.get_by_test_id("quoted")).to_have_text("2. Banc <b>")
    page.get_by_test_id("message-input").fill("Combien ?")
    page.get_by_test_id("message-send").click()
    expect(page.get_by_test_id("message")).to_contain_text("Combien ?")
    assert quoted(page) == "2. Banc <b>"
    assert complaints == []
    page.context.close()
