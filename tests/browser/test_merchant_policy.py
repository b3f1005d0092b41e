"""The merchant's pages keep to their policy in both languages, with what one does on them; other scripts don't run."""

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import Company, Server
from tests.browser.people import open_live

pytestmark = pytest.mark.browser
PLACES = (
    "",
    "/documents",
    "/documents?q=zzz",
    "/customers",
    "/settings",
    "/settings/mails",
    "/settings/followups",
    "/outbox",
    "/payments",
    "/payments/payouts",
)


def watched(desk: BrowserContext) -> tuple[Page, list[str]]:
    """A page, and what its policy refused."""
    page = desk.new_page()
    refused: list[str] = []
    page.on("console", lambda m: refused.append(f"{page.url}: {m.text}") if "Policy" in m.text else None)
    page.on("pageerror", lambda error: refused.append(f"{page.url}: {error}"))
    return page, refused


def walk(page: Page, document_id: str) -> None:
    for place in (*PLACES, f"/documents/{document_id}", f"/documents/{document_id}/edit"):
        answer = page.goto(f"/app{place}")
        assert answer is not None and answer.status == 200
        policy = answer.headers["content-security-policy"]
        assert "'unsafe-eval'" not in policy and "'sha256-" in policy
        assert "script-src 'self' 'unsafe-inline'" not in policy
        expect(page.get_by_test_id("live")).to_be_visible()


def set_language(desk: BrowserContext, wanted: str, address: str) -> None:
    page = open_live(desk, "/app/settings")
    page.locator("select[name=language]").select_option(wanted)
    page.get_by_role("button", name="Save" if wanted == "fr" else "Enregistrer les réglages").click()
    page.wait_for_url(f"**{address}")
    page.close()


def test_no_page_breaks_its_policy_in_either_language(desk: BrowserContext, company: Company) -> None:
    document = company.issue()
    page, refused = watched(desk)
    walk(page, document["id"])
    set_language(desk, "en", "/en/app/settings")
    try:
        walk(page, document["id"])
    finally:
        set_language(desk, "fr", "/app/settings")
    assert refused == []


def test_what_one_does_on_them_keeps_to_it(desk: BrowserContext, company: Company) -> None:
    document = company.issue()
    page, refused = watched(desk)
    page.goto("/app/documents")
    expect(page.get_by_test_id("live")).to_be_visible()
    page.get_by_test_id("bell").click()
    page.goto(f"/app/documents/{document['id']}")
    expect(page.get_by_test_id("live")).to_be_visible()
    page.get_by_test_id("doc-menu").click()
    page.get_by_test_id("copy-link").click()
    page.keyboard.press("Escape")
    page.get_by_test_id("write-message").click()
    page.get_by_test_id("message-input").fill("Bonjour")
    page.get_by_test_id("message-send").click()
    expect(page.get_by_test_id("message").filter(has_text="Bonjour")).to_be_visible()
    page.get_by_role("link", name="Modifier").click()
    page.wait_for_url("**/edit")
    expect(page.get_by_test_id("line").first).to_be_visible()
    assert refused == []


def test_a_script_that_came_in_does_not_run(desk: BrowserContext) -> None:
    page, refused = watched(desk)
    page.goto("/app")
    expect(page.get_by_test_id("live")).to_be_visible()
    page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "window.intruded = 1";
          document.body.append(script);
          const image = document.createElement("img");
          image.setAttribute("onerror", "window.intruded = 2");
          image.src = "data:,";
          document.body.append(image);
        }"""
    )
    page.wait_for_function("() => document.images.length > 0")
    assert page.evaluate("window.intruded") is None
    assert any("script-src" in text for text in refused)


def test_a_stranger_gets_no_page(browser: Browser, server: Server) -> None:
    page = browser.new_page(base_url=server.origin)
    for address in ("/app", "/app/documents", "/app/a.b", "/en/app/documents/a.b"):
        page.goto(address)
        assert page.url.endswith("/login"), address
    page.context.close()
