"""A document for several people: each has a link of their own, and what becomes of one is felt by that one alone."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.axe import violations
from tests.browser.conftest import Company, open_page
from tests.browser.people import client, issue_quote, open_live

pytestmark = pytest.mark.browser


def row(page: Page, name: str) -> Locator:
    return page.get_by_test_id("recipient").filter(has_text=name)


def add_recipient(page: Page, name: str, email: str = "", until: str = "") -> str:
    """With the menu open; returns their link."""
    page.get_by_test_id("add-recipient").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Nom").fill(name)
    dialog.get_by_label("Courriel").fill(email)
    dialog.get_by_label("S’ouvre jusqu’au").fill(until)
    dialog.get_by_role("button", name="Ajouter").click()
    expect(dialog).to_have_count(0)
    return row(page, name).get_attribute("data-url") or ""


def test_two_recipients_and_one_is_shut_out_for_a_while(browser: Browser, desk: BrowserContext) -> None:
    page, main = issue_quote(desk, "Claire Fontaine", "claire@fontaine.example")
    page.get_by_test_id("doc-menu").click()
    link = add_recipient(page, "Paul Fontaine", "paul@fontaine.example")
    assert link not in ("", main)
    claire, paul = client(browser, main), client(browser, link)
    for name in ("Claire", "Paul"):
        expect(row(page, name).get_by_test_id("recipient-facts")).to_contain_text("1 visite")
        expect(row(page, name).get_by_test_id("recipient-facts")).to_contain_text("utilisé")
    expect(page.get_by_test_id("views-count")).to_have_text("2")

    row(page, "Paul").get_by_test_id("disable-link").click()
    expect(row(page, "Paul")).to_have_attribute("data-state", "disabled")
    expect(paul.get_by_role("alert")).to_contain_text("n’est plus actif")
    expect(paul.get_by_test_id("accept")).to_have_count(0)
    expect(claire.get_by_test_id("accept")).to_be_visible()
    expect(claire.get_by_role("alert")).to_have_count(0)
    assert [page.request.get(address).status for address in (main, link)] == [200, 410]

    row(page, "Paul").get_by_test_id("enable-link").click()
    expect(paul.get_by_test_id("accept")).to_be_visible()
    expect(paul.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_test_id("webdoc-link")).to_have_attribute("href", main)
    for phone in (claire, paul):
        phone.context.close()


def test_a_recipient_gets_mail_an_end_and_another_address(desk: BrowserContext) -> None:
    page, main = issue_quote(desk, "Hugo Roux", "hugo@roux.example")
    page.get_by_test_id("doc-menu").click()
    link = add_recipient(page, "Zoé Roux", "zoe@roux.example")
    zoe = row(page, "Zoé")
    zoe.get_by_test_id("send-to-recipient").click()
    page.get_by_role("dialog").get_by_role("button", name="Envoyer le courriel").click()
    expect(page.get_by_test_id("status-bar")).to_contain_text("Envoyé")

    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    zoe.get_by_test_id("change-recipient").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Courriel")).to_have_value("zoe@roux.example")
    dialog.get_by_label("S’ouvre jusqu’au").fill(tomorrow)
    dialog.get_by_role("button", name="Enregistrer").click()
    expect(zoe.get_by_test_id("recipient-facts")).to_contain_text("s’ouvre jusqu’au")
    assert violations(page) == []

    zoe.get_by_test_id("replace-link").click()
    page.get_by_role("dialog").get_by_role("button", name="Remplacer le lien").click()
    expect(zoe).not_to_have_attribute("data-url", link)
    zoe.get_by_test_id("change-recipient").click()
    expect(page.get_by_role("dialog").get_by_label("S’ouvre jusqu’au")).to_have_value(tomorrow)
    assert violations(page) == []
    page.get_by_role("dialog").get_by_test_id("revoke-link").click()
    expect(zoe).to_have_attribute("data-state", "revoked")
    expect(zoe.get_by_test_id("enable-link")).to_have_count(0)
    assert page.request.get(main).status == 200

    mail = open_live(desk, "/app/outbox").get_by_test_id("mail").filter(has_text="zoe@roux.example")
    mail.locator("summary").click()
    expect(mail).to_contain_text(link)


def test_a_dead_link_has_a_new_one_mailed_without_any_script(browser: Browser, company: Company) -> None:
    quote = company.issue(customer={"name": "Léa Petit", "email": "lea@petit.example"})
    new = company.post(f"/documents/{quote['id']}/link/rotate")["webdocument_url"]
    page, _ = open_page(browser, scripts=False)
    page.goto(quote["webdocument_url"])
    page.get_by_test_id("renew").click()
    expect(page.get_by_test_id("renewal")).to_be_visible()
    expect(page.locator("body")).to_contain_text("Si une adresse est connue")
    expect(page.locator("body")).not_to_contain_text("lea@")
    [(body,)] = company.sql("SELECT text_body FROM outbox_mails WHERE to_email = 'lea@petit.example'")
    assert re.findall(r"http\S+", body) == [new]
    page.context.close()


@pytest.mark.parametrize("act", ["rotate", "disable"])
def test_what_is_answered_is_accessible(browser: Browser, company: Company, act: str) -> None:
    quote = company.issue()
    company.post(f"/documents/{quote['id']}/link/{act}")
    page, _ = open_page(browser, width=320, color_scheme="dark")
    page.goto(quote["webdocument_url"])
    page.get_by_test_id("renew").click()
    expect(page.get_by_test_id("renewal")).to_be_visible()
    assert violations(page) == []
    page.context.close()


def test_the_merchant_is_told_who_asks_for_a_link_closed_on_purpose(
    browser: Browser, desk: BrowserContext, company: Company
) -> None:
    quote = company.issue(customer={"name": "Noé Blanc", "email": "noe@blanc.example"})
    company.post(f"/documents/{quote['id']}/link/disable")
    home = open_live(desk, "/app")
    page, _ = open_page(browser, scripts=False)
    page.goto(quote["webdocument_url"])
    page.get_by_test_id("renew").click()
    home.get_by_test_id("bell").click()
    expect(home.get_by_test_id("notification").first).to_contain_text("Noé Blanc demande un nouveau lien")
    assert company.sql("SELECT count(*) FROM outbox_mails WHERE to_email = 'noe@blanc.example'") == [(0,)]
    page.context.close()
