"""A merchant at a desk and a client on a phone, as browser contexts, and what they do again and again."""

import re
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import Company, Server

DESK = {"viewport": {"width": 1440, "height": 900}, "locale": "fr-FR"}
PHONE = {"viewport": {"width": 390, "height": 844}, "locale": "fr-FR", "has_touch": True, "is_mobile": True}


def merchant(browser: Browser, server: Server) -> BrowserContext:
    """Signed in, with no page open."""
    context = browser.new_context(base_url=server.origin, **DESK)
    page = context.new_page()
    page.goto("/login")
    page.get_by_test_id("login-email").fill(server.email)
    page.get_by_test_id("login-password").fill(server.password)
    page.get_by_test_id("login-submit").click()
    page.wait_for_url("**/app**")
    page.close()
    return context


def open_live(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.goto(address)
    expect(page.get_by_test_id("live")).to_be_visible()
    return page


def client(browser: Browser, link: str) -> Page:
    """The client's phone, the link open and live, and touched once: a visit."""
    page = open_live(browser.new_context(**PHONE), link)
    page.get_by_test_id("doc-number").tap()
    return page


def new_draft(context: BrowserContext, customer: str, email: str = "") -> Page:
    """The editor, open on a fresh draft for a new customer."""
    page = open_live(context, "/app/documents")
    page.keyboard.press("n")
    page.locator("dialog input[name=customer]").fill(customer)
    page.locator("dialog input[name=email]").fill(email)
    page.get_by_role("button", name="Créer le brouillon").click()
    page.wait_for_url("**/edit")
    expect(page.get_by_test_id("live")).to_be_visible()
    return page


def fill_line(page: Page, number: int, description: str, price: str) -> None:
    line = page.get_by_test_id("line").nth(number)
    line.locator("textarea").fill(description)
    line.locator(".unit_price input").fill(price)


def issue_quote(context: BrowserContext, customer: str, email: str = "") -> tuple[Page, str]:
    """The page of a quote written in the editor and issued, and its link."""
    page = new_draft(context, customer, email)
    fill_line(page, 0, "Table basse", "1 250,50")
    expect(page.locator(".sums .strong dd")).to_have_text("1 500,60 €")
    page.get_by_test_id("issue-document").click()
    expect(page.get_by_test_id("doc-number")).to_have_text(re.compile(r"^D-\d{4}-\d{5}$"))
    return page, link_of(page)


def link_of(page: Page) -> str:
    """The link a document's menu shows; the menu is closed again."""
    page.get_by_test_id("doc-menu").click()
    address = page.get_by_test_id("webdoc-link").get_attribute("href") or ""
    page.keyboard.press("Escape")
    return address


def sent_quote(company: Company, name: str) -> dict[str, Any]:
    customer = {"name": name, "email": "odile@brun.example"}
    quote = company.issue(customer=customer)
    company.post(f"/documents/{quote['id']}/send")
    return quote
