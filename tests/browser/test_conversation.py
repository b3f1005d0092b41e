"""A negotiation in writing, both sides with their pages open."""

import re

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import Company, open_page
from tests.browser.people import client, open_live

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
