"""Merchant and client side by side: what one does, the other sees without loading anything anew."""

import re
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser.people import client, issue_quote, link_of, open_live
from webdoc_app.locales.formats import PARIS

pytestmark = pytest.mark.browser


def test_a_quote_is_written_linked_opened_and_refused(browser: Browser, desk: BrowserContext) -> None:
    desk.grant_permissions(["clipboard-read", "clipboard-write"])
    page, link = issue_quote(desk, "Gaëlle Moreau")
    listing = open_live(desk, "/app/documents")
    row = listing.get_by_test_id("doc-row").filter(has_text="Gaëlle Moreau")
    expect(row.get_by_test_id("row-status")).to_have_text("Enregistré")
    page.get_by_test_id("doc-menu").click()
    expect(page.get_by_test_id("webdoc-link")).to_have_text(link)
    expect(page.get_by_test_id("views-count")).to_have_text("0")
    expect(page.get_by_test_id("last-viewed")).to_have_text("jamais")
    page.get_by_test_id("copy-link").click()
    expect(page.get_by_test_id("copy-link")).to_have_text("Lien copié")
    assert page.evaluate("navigator.clipboard.readText()") == link

    phone = client(browser, link)
    expect(row.get_by_test_id("row-status")).to_have_text("Consulté")
    expect(page.get_by_test_id("status-bar")).to_contain_text("Consulté")
    expect(page.get_by_test_id("views-count")).to_have_text("1")
    expect(page.get_by_test_id("last-viewed")).to_have_text(re.compile(r"\d\d:\d\d"))

    phone.get_by_test_id("refuse").tap()
    phone.get_by_test_id("decision-name").fill("Gaëlle Moreau")
    phone.get_by_test_id("decision-reason").fill("Trop cher pour cette année")
    phone.get_by_test_id("decision-confirm").tap()
    expect(phone.get_by_test_id("decision-result")).to_contain_text("Gaëlle Moreau")
    expect(row.get_by_test_id("row-status")).to_have_text("Refusé")
    expect(page.get_by_test_id("status-bar")).to_contain_text("Refusé")
    expect(page.get_by_text("Trop cher pour cette année")).to_be_visible()
    listing.get_by_test_id("bell").click()
    expect(listing.get_by_test_id("notification").first).to_contain_text("Gaëlle Moreau a refusé")
    phone.context.close()


def test_a_client_holds_and_then_accepts(browser: Browser, desk: BrowserContext) -> None:
    page, link = issue_quote(desk, "Hugo Marchand")
    phone = client(browser, link)
    until = datetime.now(PARIS).date() + timedelta(days=9)
    phone.get_by_test_id("hold").tap()
    phone.get_by_test_id("decision-name").fill("Hugo Marchand")
    phone.get_by_test_id("decision-until").fill(until.isoformat())
    phone.get_by_test_id("decision-confirm").tap()
    expect(page.get_by_test_id("status-bar")).to_contain_text("En attente")
    expect(page.get_by_test_id("client-answer")).to_contain_text(f"{until.day} ")
    expect(page.locator(".sheet .stamp")).to_contain_text("Hugo Marchand")
    phone.get_by_test_id("accept").tap()
    phone.get_by_test_id("decision-name").fill("Hugo Marchand")
    phone.get_by_test_id("decision-confirm").tap()
    expect(page.get_by_test_id("status-bar")).to_contain_text("Accepté")
    page.get_by_test_id("bell").click()
    expect(page.get_by_test_id("notification").first).to_contain_text("Hugo Marchand a accepté")
    phone.context.close()


def test_they_talk_and_the_note_stays_inside(browser: Browser, desk: BrowserContext) -> None:
    page, link = issue_quote(desk, "Inès Robin", "ines@example.org")
    phone = client(browser, link)
    page.get_by_test_id("write-message").click()
    composer = page.get_by_test_id("message-input")
    composer.fill("Marge à revoir avec Samir")
    page.get_by_test_id("internal-note").check()
    page.get_by_test_id("message-send").click()
    expect(page.get_by_test_id("message")).to_have_count(1)
    expect(page.get_by_test_id("internal-note")).not_to_be_checked()
    composer.fill("Bonjour, une question sur la pose ?")
    page.get_by_test_id("notify-client").check()
    page.get_by_test_id("message-send").click()
    expect(phone.get_by_test_id("message")).to_have_text(re.compile("une question sur la pose"))
    expect(composer).to_have_value("")

    composer.fill("Un brouillon en cours")
    phone.get_by_test_id("message-input").fill("Oui : le matin, s’il vous plaît.")
    phone.get_by_test_id("message-send").tap()
    expect(page.get_by_test_id("message").last).to_contain_text("Oui : le matin")
    expect(composer).to_have_value("Un brouillon en cours")
    expect(phone.get_by_test_id("message")).to_have_count(2)
    assert "Samir" not in phone.content() + phone.request.get(link).text()
    page.get_by_test_id("bell").click()
    expect(page.get_by_test_id("notification").first).to_contain_text("Inès Robin a écrit")

    mail = open_live(desk, "/app/outbox").get_by_test_id("mail").filter(has_text="ines@example.org")
    mail.locator("summary").click()
    expect(mail).to_contain_text("une question sur la pose")
    expect(mail).to_contain_text(link)
    phone.context.close()


def test_a_replaced_link_closes_the_old_one_everywhere(browser: Browser, desk: BrowserContext) -> None:
    page, old = issue_quote(desk, "Jules Perrot")
    phone = client(browser, old)
    page.get_by_test_id("doc-menu").click()
    page.get_by_test_id("rotate-link").click()
    page.get_by_role("dialog").get_by_role("button", name="Remplacer le lien").click()
    expect(page.get_by_test_id("notice")).to_contain_text("Le lien est remplacé")
    expect(page.get_by_test_id("webdoc-link")).not_to_have_text(old)
    new = page.get_by_test_id("webdoc-link").get_attribute("href") or ""
    expect(phone.get_by_role("alert")).to_contain_text("lien")
    assert [page.request.get(address).status for address in (old, new)] == [410, 200]
    phone.context.close()
    other = client(browser, new)
    expect(page.get_by_test_id("status-bar")).to_contain_text("Consulté")
    other.context.close()


def test_a_document_leaves_by_mail(desk: BrowserContext) -> None:
    page, link = issue_quote(desk, "Karim Lopez", "karim@example.org")
    outbox = open_live(desk, "/app/outbox")
    page.get_by_test_id("send").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("À")).to_have_value("karim@example.org")
    dialog.get_by_label("Message").fill("Voici notre proposition.")
    dialog.get_by_role("button", name="Envoyer le courriel").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_test_id("status-bar")).to_contain_text("Envoyé")
    mail = outbox.get_by_test_id("mail").filter(has_text="karim@example.org")
    expect(mail).to_have_count(1)
    mail.locator("summary").click()
    expect(mail).to_contain_text("Voici notre proposition.")
    expect(mail).to_contain_text(link)
    assert link_of(page) == link
