"""Merchant and client side by side: the client opens and answers, the merchant's list changes by itself."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Server

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 390, "height": 844}, "locale": "fr-FR"}


def sign_in(browser: Browser, server: Server) -> Page:
    page = browser.new_context(locale="fr-FR").new_page()
    page.goto(f"{server.origin}/login")
    page.get_by_test_id("login-email").fill(server.email)
    page.get_by_test_id("login-password").fill(server.password)
    page.get_by_test_id("login-submit").click()
    page.wait_for_url("**/app**")
    return page


def test_a_client_accepts_on_a_phone_and_the_merchant_sees_it(browser: Browser, server: Server) -> None:
    merchant = sign_in(browser, server)
    client = browser.new_context(**PHONE).new_page()
    problems: list[str] = []
    client.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    client.goto(server.link)
    number = client.get_by_test_id("doc-number").inner_text().split()[0]
    merchant.goto(f"{server.origin}/app/documents?q={number}")
    expect(merchant.get_by_test_id("live")).to_be_visible()
    row = merchant.get_by_test_id("doc-row").filter(has_text=number)
    expect(client.get_by_test_id("live")).to_be_visible()
    client.get_by_test_id("message-input").fill("Bonjour, merci pour ce devis.")
    client.get_by_test_id("message-send").click()
    expect(client.get_by_test_id("message").filter(has_text="merci pour ce devis")).to_have_count(1)
    expect(row.get_by_test_id("row-status")).to_contain_text("Consulté")
    client.get_by_test_id("accept").click()
    client.get_by_test_id("decision-name").fill("Claire Fontaine")
    client.get_by_test_id("decision-confirm").click()
    expect(client.get_by_test_id("decision-result")).to_contain_text("Claire Fontaine")
    expect(row.get_by_test_id("row-status")).to_contain_text("Accepté")
    assert problems == []
