"""A reminder sent by hand; the settings of reminders."""

import re

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.axe import wrong_in_both_themes
from tests.browser.conftest import Company, Server
from tests.browser.people import open_live, sent_quote

pytestmark = pytest.mark.browser
SETTINGS = "/app/settings/followups"


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
    for told in ("Relances suspendues", "Relances reprises", "Relance «.devis non ouvert.» passée"):
        expect(page.locator(".event-reminder").filter(has_text=re.compile(told))).to_have_count(1)
    page.get_by_test_id("reminder-words").locator("summary").click()
    expect(page.get_by_test_id("reminder-words")).to_contain_text(
        f"le devis {quote['number']}, d’un montant de"
    )
    assert wrong_in_both_themes(page) == []
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
    assert wrong_in_both_themes(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
