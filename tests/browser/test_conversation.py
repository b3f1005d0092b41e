"""A negotiation in writing, both sides with their pages open."""

import re

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import Company, open_page
from tests.browser.people import client, open_live
from tests.factories import files

pytestmark = pytest.mark.browser


def say(page: Page, words: str) -> None:
    page.get_by_test_id("message-input").fill(words)
    page.get_by_test_id("message-send").click()
    expect(page.get_by_test_id("message").last).to_contain_text(words)


def test_both_sides_see_who_writes_who_read_and_what_happened(
    browser: Browser, desk: BrowserContext, company: Company
) -> None:
    quote = company.issue()
    page = open_live(desk, f"/app/documents/{quote['id']}")
    phone = client(browser, quote["webdocument_url"])
    phone.get_by_test_id("message-input").press_sequentially("Un délai", delay=0)
    expect(page.get_by_test_id("typing")).to_have_text("Votre client écrit…")
    phone.get_by_test_id("message-name").fill("Jeanne")
    say(phone, "Un délai ? Voir https://example.org/plan.")
    expect(page.get_by_test_id("typing")).to_be_empty()
    theirs = page.get_by_test_id("message").last
    expect(theirs).to_contain_text("Jeanne")
    expect(theirs).to_contain_text("par le lien de Claire Fontaine")
    link = theirs.get_by_role("link", name="https://example.org/plan")
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    expect(link).to_have_attribute("href", "https://example.org/plan")
    expect(phone.get_by_test_id("message").last).to_contain_text(re.compile(r"Lu à \d\d:\d\d"))

    page.get_by_test_id("write-message").click()
    page.get_by_test_id("internal-note").check()
    page.get_by_test_id("message-input").press_sequentially("Marge", delay=0)
    page.get_by_test_id("internal-note").uncheck()
    expect(phone.get_by_test_id("typing")).to_be_empty()
    page.get_by_test_id("message-input").press_sequentially(" Trois semaines", delay=0)
    expect(phone.get_by_test_id("typing")).to_have_text(re.compile("Morel écrit…$"))
    page.get_by_test_id("message-send").click()
    expect(phone.get_by_test_id("message").last).to_contain_text("Trois semaines")
    phone.get_by_test_id("message").last.scroll_into_view_if_needed()
    expect(page.get_by_test_id("message").last).to_contain_text("Lu à ")

    expect(phone.get_by_test_id("message-name")).to_have_value("Jeanne")
    phone.get_by_test_id("accept").tap()
    phone.get_by_test_id("decision-name").fill("Claire Fontaine")
    phone.get_by_test_id("decision-confirm").tap()
    for each in (page, phone):
        expect(each.get_by_test_id("talk-entry")).to_contain_text("Accepté par Claire Fontaine")
    again = phone.context.new_page()
    again.goto(quote["webdocument_url"])
    expect(again.get_by_test_id("live")).to_be_visible()
    expect(again.get_by_test_id("message-name")).to_have_value("Jeanne")
    phone.context.close()


def test_without_scripts_a_name_and_a_link_go_through_too(browser: Browser, company: Company) -> None:
    quote = company.issue()
    page, _ = open_page(browser, quote["webdocument_url"], scripts=False)
    page.get_by_test_id("message-input").fill("Voir https://example.org/<b>")
    page.get_by_test_id("message-name").fill("Paul")
    page.get_by_test_id("message-send").click()
    message = page.get_by_test_id("message")
    expect(message).to_contain_text("Paul")
    expect(message.get_by_role("link")).to_have_attribute("href", "https://example.org/")
    expect(message.locator("b")).to_have_count(0)
    page.context.close()


def test_files_go_both_ways_and_hidden_ones_stay_hidden(
    browser: Browser, desk: BrowserContext, company: Company
) -> None:
    quote = company.issue()
    page = open_live(desk, f"/app/documents/{quote['id']}")
    phone = client(browser, quote["webdocument_url"])
    photo = {"name": "Chantier.jpg", "mimeType": "image/jpeg", "buffer": files.picture("JPEG")}
    phone.get_by_test_id("message-file").set_input_files(files=[photo])
    phone.get_by_test_id("message-send").tap()
    expect(page.get_by_test_id("message").get_by_test_id("file")).to_contain_text("Chantier.jpg")
    expect(phone.get_by_test_id("message").get_by_test_id("file")).to_contain_text("Chantier.jpg")
    say(phone, "Une photo du chantier")
    with page.expect_download() as download:
        page.get_by_test_id("message").first.get_by_test_id("file").click()
    assert download.value.suggested_filename == "Chantier.jpg"

    svg = {"name": "a.png", "mimeType": "image/png", "buffer": files.SVG}
    phone.get_by_test_id("message-input").fill("Avec un dessin")
    phone.get_by_test_id("message-file").set_input_files(files=[svg])
    phone.get_by_test_id("message-send").tap()
    expect(phone.get_by_role("alert")).to_contain_text("Seuls les fichiers PDF, PNG et JPEG")
    expect(phone.get_by_test_id("message-input")).to_have_value("Avec un dessin")

    plan = {"name": "Plan.pdf", "mimeType": "application/pdf", "buffer": files.pdf()}
    page.get_by_test_id("write-message").click()
    page.get_by_test_id("message-file").set_input_files(files=[plan])
    page.get_by_test_id("message-input").fill("Voici le plan")
    page.get_by_test_id("message-send").click()
    expect(phone.get_by_test_id("message").last.get_by_test_id("file")).to_contain_text("Plan.pdf")
    expect(page.get_by_test_id("message-input")).to_have_value("")

    terms = {"name": "Conditions.pdf", "mimeType": "application/pdf", "buffer": files.pdf()}
    page.get_by_test_id("add-file").set_input_files(files=[terms])
    box = page.get_by_test_id("document-file").get_by_test_id("file-visible")
    expect(box).not_to_be_checked()
    expect(phone.locator("#slot-files")).to_be_empty()
    box.click()
    expect(box).to_be_checked()
    expect(phone.locator("#slot-files")).to_contain_text("Conditions.pdf")
    phone.context.close()


def test_without_scripts_a_file_goes_along_too(browser: Browser, company: Company) -> None:
    quote = company.issue()
    page, _ = open_page(browser, quote["webdocument_url"], scripts=False)
    page.get_by_test_id("message-input").fill("Voici")
    photo = {"name": "Chantier.png", "mimeType": "image/png", "buffer": files.picture()}
    page.get_by_test_id("message-file").set_input_files(files=[photo])
    page.get_by_test_id("message-send").click()
    with page.expect_download() as download:
        page.get_by_test_id("file").click()
    assert download.value.suggested_filename == "Chantier.png"
    page.context.close()
