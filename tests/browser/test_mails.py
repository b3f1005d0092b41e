"""What the merchant sees of mails: beside the document, in the outbox, and another try by hand."""

import re
import socket

import httpx
import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import Company
from tests.browser.people import open_live

pytestmark = pytest.mark.browser


def test_a_dead_letter_is_seen_beside_its_document_and_tried_again(
    desk: BrowserContext, company: Company
) -> None:
    quote = company.issue()
    page = open_live(desk, f"/app/documents/{quote['id']}")
    expect(page.get_by_test_id("delivery")).to_have_count(0)
    company.post(f"/documents/{quote['id']}/send")
    delivery = page.get_by_test_id("delivery")
    expect(delivery).to_contain_text("En attente pour claire@fontaine.example")
    company.sql(
        "UPDATE outbox_mails SET state = 'dead', last_error = '550 no such mailbox' WHERE document_id = ?",
        quote["id"],
    )
    outbox = open_live(desk, "/app/outbox")
    mail = outbox.get_by_test_id("mail").first
    mail.locator("summary").click()
    expect(mail).to_contain_text("550 no such mailbox")
    page.reload()
    expect(delivery).to_have_attribute("data-state", "dead")
    expect(delivery).to_contain_text("Adresse en erreur")
    delivery.get_by_role("button", name="Réessayer").click()
    expect(delivery).to_have_attribute("data-state", "failed")
    expect(mail).to_contain_text("À envoyer")
    assert company.sql("SELECT state FROM outbox_mails WHERE document_id = ?", quote["id"]) == [("queued",)]


def test_a_member_chooses_what_comes_by_mail_and_the_tab_counts_news(
    desk: BrowserContext, company: Company
) -> None:
    quote = company.issue()
    page = open_live(desk, "/app/settings")
    page.locator("select[name=messages]").select_option("daily")
    page.locator("input[name=quiet_from]").fill("22:00")
    page.locator("input[name=quiet_to]").fill("07:00")
    page.get_by_test_id("save-notices").click()
    expect(page.get_by_test_id("notice")).to_contain_text("C’est enregistré.")
    page.reload()
    expect(page.locator("select[name=messages]")).to_have_value("daily")
    expect(page.locator("input[name=quiet_from]")).to_have_value("22:00")
    page.get_by_test_id("bell").click()
    phone = httpx.get(quote["webdocument_url"]).text
    [nonce] = re.findall(r'/messages".*?name="nonce" value="([^"]+)"', phone, re.S)
    page.keyboard.press("Escape")
    httpx.post(quote["webdocument_url"] + "/messages", data={"nonce": nonce, "body": "Bonjour"})
    expect(page).to_have_title(re.compile(r"^\(\d+\) Réglages · Webdoc$"))
    page.get_by_test_id("bell").click()
    expect(page).to_have_title("Réglages · Webdoc")
    company.sql("DELETE FROM notice_choices")


def test_other_software_is_told_of_events_and_its_attempts_are_seen(
    desk: BrowserContext, company: Company
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{probe.getsockname()[1]}/hook"
    page = open_live(desk, "/app/settings")
    page.locator("input[name=url]").fill("https://10.0.0.1/")
    page.get_by_test_id("add-webhook").click()
    expect(page.get_by_test_id("notice")).to_contain_text("réseau public")
    page.locator("input[name=url]").fill(nobody)
    page.get_by_test_id("add-webhook").click()
    expect(page.get_by_test_id("new-secret")).to_contain_text("whsec_")
    secret = page.get_by_test_id("new-secret").inner_text()
    hook = page.get_by_test_id("webhook")
    hook.get_by_role("button", name="Nouveau secret").click()
    expect(page.get_by_test_id("new-secret")).not_to_have_text(secret)
    company.issue()
    page.reload()
    expect(hook).to_contain_text("document.issued")
    expect(page.get_by_test_id("new-secret")).to_have_count(0)
    hook.get_by_role("button", name="Retirer l’adresse").click()
    expect(hook).to_have_count(0)
