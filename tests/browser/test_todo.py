"""What to do now, live beside a client's phone, with its one action."""

import re

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser.axe import wrong_in_both_themes
from tests.browser.conftest import Company, Server
from tests.browser.people import client, open_live, sent_quote

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def company(newcomer: Company) -> Company:
    """What is to be done now shows the most urgent alone: other tests' documents would push ours out."""
    return newcomer


@pytest.fixture(scope="module")
def server(newcomer: Company) -> Server:
    return newcomer.server


def test_a_message_is_something_to_do_until_it_is_answered(
    browser: Browser, desk: BrowserContext, company: Company
) -> None:
    quote = sent_quote(company, "Odile Brun")
    home = open_live(desk, "/app")
    expect(home.get_by_test_id("todo")).to_be_visible()
    row = home.get_by_test_id("todo-row").filter(has_text=quote["number"])
    expect(row).to_have_count(0)

    phone = client(browser, quote["webdocument_url"])
    phone.get_by_test_id("message-input").fill("Et la livraison ?")
    phone.get_by_test_id("message-send").tap()
    expect(row).to_contain_text("Message non lu de Odile Brun")
    assert wrong_in_both_themes(home) == []

    row.get_by_role("link", name="Répondre").click()
    home.wait_for_url(f"**/app/documents/{quote['id']}")
    home.close()
    home = open_live(desk, "/app")
    row = home.get_by_test_id("todo-row").filter(has_text=quote["number"])
    expect(row).to_have_count(1)
    company.post(f"/documents/{quote['id']}/messages", {"body": "Elle est comprise."})
    expect(row).to_have_count(0)
    phone.context.close()


def test_a_late_invoice_is_recalled_from_the_dashboard_and_goes_away(
    desk: BrowserContext, company: Company
) -> None:
    invoice = company.issue("invoice", customer={"name": "Jean Petit", "email": "jean@petit.example"})
    company.sql("UPDATE documents SET due_date = date('now', '-12 days') WHERE id = ?", invoice["id"])
    company.post(f"/documents/{invoice['id']}/send")
    home = open_live(desk, "/app")
    row = home.get_by_test_id("todo-row").filter(has_text=invoice["number"])
    expect(row).to_contain_text(re.compile(r"Facture en retard de 1[123] jours"))
    row.get_by_role("button", name="Relancer").click()
    expect(home.get_by_test_id("notice")).to_contain_text("La relance part à jean@petit.example.")
    expect(row).to_have_count(0)
    [(subject,)] = company.sql(
        "SELECT subject FROM outbox_mails WHERE purpose = 'followup' AND document_id = ?", invoice["id"]
    )
    assert invoice["number"] in subject
