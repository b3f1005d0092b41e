"""Every state of the client's page, in both languages and both themes: axe-core finds nothing, nothing sticks out."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.axe import violations
from tests.browser.conftest import Company, open_page

pytestmark = pytest.mark.browser
TODAY = datetime.now(UTC).date()


def answered(company: Company, decision: str, **fields: Any) -> str:
    quote = company.issue()
    company.post(f"/documents/{quote['id']}/decision", {"decision": decision, "name": "Claire", **fields})
    return str(quote["webdocument_url"])


def paid(company: Company, amount: str) -> str:
    invoice = company.issue("invoice", due_date=(TODAY + timedelta(days=30)).isoformat())
    payment = {"amount": amount, "method": "transfer", "paid_on": TODAY.isoformat()}
    return str(company.post(f"/documents/{invoice['id']}/payments", payment)["document"]["webdocument_url"])


def closed(company: Company, how: str) -> str:
    quote = company.issue()
    company.post(f"/documents/{quote['id']}/link/{how}")
    return str(quote["webdocument_url"])


def expired_link(company: Company) -> str:
    quote = company.issue()
    company.sql(
        "UPDATE share_links SET expires_at = '2026-01-01T00:00:00.000000Z' WHERE document_id = ?", quote["id"]
    )
    return str(quote["webdocument_url"])


def in_conversation(company: Company) -> str:
    quote = company.issue(
        valid_until=(TODAY + timedelta(days=30)).isoformat(), notes="Merci de votre confiance."
    )
    company.post(f"/documents/{quote['id']}/messages", {"body": "Bonjour,\nvoici votre devis."})
    return str(quote["webdocument_url"])


OPTION = [
    {"description": "Table", "unit_price": "100"},
    {"description": "Tiroir", "unit_price": "10", "optional": True},
]
STATES: dict[str, Callable[[Company], str]] = {
    "asked": in_conversation,
    "options": lambda c: c.issue(lines=OPTION)["webdocument_url"],
    "order": lambda c: c.issue("order")["webdocument_url"],
    "delivery": lambda c: c.issue("delivery")["webdocument_url"],
    "accepted": lambda c: answered(c, "accept", quality="Gérante"),
    "refused": lambda c: answered(c, "refuse", reason="Trop cher"),
    "on_hold": lambda c: answered(c, "hold", until=(TODAY + timedelta(days=9)).isoformat()),
    "expired": lambda c: c.issue(valid_until="2026-01-01")["webdocument_url"],
    "to_pay": lambda c: c.issue("invoice")["webdocument_url"],
    "overdue": lambda c: c.issue("invoice", due_date="2026-01-01")["webdocument_url"],
    "partly_paid": lambda c: paid(c, "20.00"),
    "paid": lambda c: paid(c, "120.00"),
    "credit": lambda c: c.issue("credit")["webdocument_url"],
}
CLOSED: dict[str, Callable[[Company], str]] = {
    "replaced": lambda c: closed(c, "rotate"),
    "revoked": lambda c: closed(c, "revoke"),
    "disabled": lambda c: closed(c, "disable"),
    "expired": expired_link,
    "unknown": lambda c: f"{c.server.origin}/d/unknown",
}


def in_language(address: str, language: str) -> str:
    return address.replace("/d/", f"/{language}/d/")


def without_bundle(browser: Browser, address: str, **options: Any) -> Page:
    """The page as it stands before any script has come. (axe-core itself needs a browser that runs scripts.)"""
    page, _ = open_page(browser, **options)
    page.route("**/assets/*.js", lambda route: route.abort())
    page.goto(address)
    return page


def sticks_out(page: Page) -> int:
    """Pixels the page is wider than its window."""
    return int(page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth"))


@pytest.mark.parametrize("state", STATES)
def test_every_state_is_accessible_and_fits(browser: Browser, company: Company, state: str) -> None:
    address = STATES[state](company)
    for language, theme, width in (("fr", "light", 390), ("en", "dark", 320), ("fr", "dark", 1440)):
        page, complaints = open_page(browser, in_language(address, language), width=width, color_scheme=theme)
        assert page.locator("html").get_attribute("lang") == language
        assert violations(page) == []
        assert sticks_out(page) <= 0
        for answer in ("accept", "hold", "refuse"):
            if page.get_by_test_id(answer).count():
                page.get_by_test_id(answer).click()
                assert violations(page) == []
                assert sticks_out(page) <= 0
        assert complaints == []
        page.context.close()


@pytest.mark.parametrize("state", STATES)
def test_every_state_is_accessible_from_its_first_byte(
    browser: Browser, company: Company, state: str
) -> None:
    page = without_bundle(browser, STATES[state](company), color_scheme="dark")
    assert violations(page) == []
    page.context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("state", CLOSED)
def test_a_closed_link_says_so_kindly(browser: Browser, company: Company, state: str, theme: str) -> None:
    page, _ = open_page(browser, width=320, color_scheme=theme)
    answer = page.goto(CLOSED[state](company))
    assert answer
    assert answer.status == (404 if state == "unknown" else 410)
    expect(page.locator("h1")).to_be_visible()
    assert violations(page) == []
    assert sticks_out(page) <= 0
    page.context.close()


def test_a_refused_form_and_a_lost_connection_are_accessible(browser: Browser, company: Company) -> None:
    address = company.issue()["webdocument_url"]
    page = without_bundle(browser, address)
    page.get_by_test_id("hold").click()
    panel = page.locator("#answer-hold")
    panel.get_by_test_id("decision-name").fill("Claire")
    panel.get_by_test_id("decision-until").fill("2026-01-01")
    panel.get_by_test_id("decision-confirm").click()
    expect(page.get_by_role("alert")).to_contain_text("déjà passée")
    assert violations(page) == []
    page.context.close()
    page, _ = open_page(browser, address)
    page.context.set_offline(True)
    expect(page.get_by_text("Connexion perdue")).to_be_visible()
    assert violations(page) == []
    page.context.close()


def test_signing_with_a_code_is_accessible_and_fits(browser: Browser, company: Company) -> None:
    address = company.issue()["webdocument_url"]
    company.sql("UPDATE companies SET code_above_minor = 10000")
    try:
        for language, theme, width in (("fr", "light", 320), ("en", "dark", 1440)):
            page, _ = open_page(browser, in_language(address, language), width=width, color_scheme=theme)
            page.get_by_test_id("accept").click()
            page.locator(".signing summary").click()
            expect(page.get_by_test_id("decision-code")).to_be_visible()
            assert violations(page) == []
            assert sticks_out(page) <= 0
            page.context.close()
    finally:
        company.sql("UPDATE companies SET code_above_minor = NULL")


def test_print_is_the_document_alone(browser: Browser, company: Company) -> None:
    page, _ = open_page(browser, in_conversation(company), width=1440)
    page.emulate_media(media="print")
    expect(page.get_by_test_id("doc-number")).to_be_visible()
    for mark in ("accept", "conversation", "pdf", "doc-status"):
        expect(page.get_by_test_id(mark)).to_be_hidden()
    page.context.close()
