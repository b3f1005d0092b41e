"""What to do now, live beside a client's phone; a reminder sent by hand; the settings of reminders."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.axe import violations
from tests.browser.conftest import Company, Server
from tests.browser.people import client, open_live

pytestmark = pytest.mark.browser
SETTINGS = "/app/settings/followups"


def sent_quote(company: Company, name: str) -> dict[str, Any]:
    customer = {"name": name, "email": "odile@brun.example"}
    quote = company.issue(customer=customer)
    company.post(f"/documents/{quote['id']}/send")
    return quote


def wrong(page: Page) -> list[str]:
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    found = violations(page)
    page.emulate_media(color_scheme="dark")
    found += violations(page, "color-contrast")
    return found


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
    assert wrong(home) == []

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


def test_a_quote_says_what_is_planned_and_can_be_paused_skipped_and_recalled(
    desk: BrowserContext, company: Company
) -> None:
    quote = sent_quote(company, "Odile Brun")
    page = open_live(desk, f"/app/documents/{quote['id']}")
    planned = page.get_by_test_id("followup")
    expect(planned).to_contain_text(re.compile("Relance «.devis non ouvert.» prévue le "))
    page.get_by_role("button", name="Suspendre").click()
    expect(planned).to_have_text("Les relances de ce document sont suspendues.")
    page.get_by_role("button", name="Reprendre").click()
    expect(planned).to_contain_text("prévue le")
    page.get_by_role("button", name="Passer celle-ci").click()
    expect(planned).not_to_contain_text("devis non ouvert")
    page.get_by_test_id("reminder-words").locator("summary").click()
    expect(page.get_by_test_id("reminder-words")).to_contain_text(
        f"le devis {quote['number']}, d’un montant de"
    )
    assert wrong(page) == []
    page.get_by_role("button", name="Relancer maintenant").click()
    expect(page.locator(".event-reminder").first).to_contain_text(
        re.compile("Relance «.devis non ouvert.» envoyée à odile@brun.example")
    )
    page.get_by_role("button", name="Relancer maintenant").click()
    expect(page.get_by_test_id("notice")).to_contain_text("Une relance vient de partir pour ce document.")


def test_a_scenario_is_set_with_its_words_and_seen_as_the_client_will(
    desk: BrowserContext, server: Server
) -> None:
    page = open_live(desk, SETTINGS)
    rule = page.get_by_test_id("rule-late_2")
    rule.locator("summary").click()
    rule.locator("[name=delay_days]").fill("20")
    rule.locator("[name=body_fr]").fill("Bonjour, il reste %(somme)s à payer.")
    rule.get_by_role("button", name="Enregistrer la relance").click()
    expect(page.get_by_test_id("notice")).to_contain_text("%(somme)s")
    rule.locator("[name=body_fr]").fill("Bonjour, il reste %(amount)s à payer, soit 100 % du total.")
    rule.get_by_role("button", name="Enregistrer la relance").click()
    expect(page.get_by_test_id("notice")).to_contain_text("La relance est enregistrée.")
    expect(rule.get_by_test_id("preview")).to_contain_text(
        re.compile(r"Bonjour, il reste [\d\s]+,\d\d.€ à payer, soit 100 % du total\.")
    )
    page.reload()
    expect(rule.locator("[name=delay_days]")).to_have_value("20")
    for summary in page.locator(".rules summary").all():
        summary.click()
    assert wrong(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
