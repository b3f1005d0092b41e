"""Every page of the merchant's side is sound to axe-core in both themes, with what it opens, and fits a phone."""

import re

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.axe import violations
from tests.browser.conftest import Server
from tests.browser.people import PHONE, open_live

pytestmark = pytest.mark.browser
PAGES = (
    "/app",
    "/app/documents",
    "/app/documents?q=zzz",
    "/app/customers",
    "/app/settings",
    "/app/outbox",
    "/app/payments",
    "/app/payments/payouts",
)


def wrong(page: Page) -> list[str]:
    """By all rules in the light, and in the dark by the one that colours can break."""
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    found = violations(page)
    page.emulate_media(color_scheme="dark")
    found += violations(page, "color-contrast")
    return [f"{page.url}: {line}" for line in found]


def test_pages_are_sound(desk: BrowserContext) -> None:
    found = []
    for address in PAGES:
        page = open_live(desk, address)
        if address == "/app":
            page.get_by_test_id("bell").click()
        found += wrong(page)
        page.close()
    assert found == []


def test_a_document_with_all_that_opens_is_sound(desk: BrowserContext) -> None:
    page = open_live(desk, "/app/documents?kind=quote&status=on_hold")
    page.get_by_test_id("doc-row").first.get_by_role("link").first.click()
    page.get_by_test_id("write-message").click()
    page.get_by_test_id("doc-menu").click()
    found = wrong(page)
    page.keyboard.press("Escape")
    page.get_by_test_id("send").click()
    found += wrong(page)
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Modifier").click()
    expect(page.get_by_test_id("line").first).to_be_visible()
    found += wrong(page)
    assert found == []


def test_doors_and_dead_ends_are_sound(browser: Browser, server: Server) -> None:
    page = browser.new_page(base_url=server.origin, locale="fr-FR")
    found = []
    for address in ("/login", "/forgot", "/reset/x", "/nowhere"):
        answer = page.goto(address)
        assert answer is not None and answer.status == (404 if address == "/nowhere" else 200)
        found += wrong(page)
    expect(page.get_by_role("heading")).to_have_text("Cette page n’existe pas")
    page.context.close()
    assert found == []


def test_nothing_is_wider_than_a_phone(browser: Browser, server: Server, desk: BrowserContext) -> None:
    phone = browser.new_context(base_url=server.origin, storage_state=desk.storage_state(), **PHONE)
    page = phone.new_page()
    too_wide = []
    for address in PAGES:
        page.goto(address)
        expect(page.get_by_test_id("live")).to_be_visible()
        if page.evaluate("document.documentElement.scrollWidth") > 390:
            too_wide.append(address)
    names = page.goto("/app/customers") and page.locator(".customers .name")
    expect(names.first).to_be_visible()
    lines = names.first.evaluate("name => name.getClientRects().length")
    assert (too_wide, lines) == ([], 1)
    phone.close()


def test_an_english_company_reads_english(desk: BrowserContext) -> None:
    page = open_live(desk, "/app/settings")
    page.locator("select[name=language]").select_option("en")
    page.get_by_role("button", name="Enregistrer les réglages").click()
    page.wait_for_url("**/en/app/settings")
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    listing = open_live(desk, "/app/documents")
    assert "/en/app/documents" in listing.url
    expect(listing.get_by_role("columnheader")).to_have_text(
        ["Document", "Customer", "Status", "Views", "Date", "Amount incl. VAT"]
    )
    unreadable = {"name": "notes.xml", "mimeType": "text/xml", "buffer": b"<notes/>"}
    listing.get_by_test_id("import-file").set_input_files(files=[unreadable])
    expect(listing.get_by_test_id("notice")).to_contain_text(re.compile("This XML .* is not a CII invoice"))
    page.locator("select[name=language]").select_option("fr")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(re.compile(r"/app/settings$"))
    expect(page.get_by_role("heading", name="Réglages")).to_be_visible()
