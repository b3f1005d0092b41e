"""The merchant notes an answer given by phone, reopens it, and takes its certificate along."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser.conftest import Company, open_page

pytestmark = pytest.mark.browser


def test_an_answer_is_noted_proved_and_reopened(
    browser: Browser, desk: BrowserContext, company: Company, tmp_path: Path
) -> None:
    lines = [
        {"description": "Table", "unit_price": "100"},
        {"description": "Tiroir", "unit_price": "10", "optional": True},
    ]
    quote = company.issue(lines=lines)
    client, _ = open_page(browser, quote["webdocument_url"])
    page = desk.new_page()
    page.goto(f"{company.server.origin}/app/documents/{quote['id']}")
    page.get_by_test_id("record-answer").click()
    form = page.locator("dialog[open] form")
    form.locator("[name=name]").fill("Claire Fontaine")
    form.get_by_text("Tiroir").click()
    form.get_by_role("button", name="Enregistrer la réponse").click()
    answer = page.get_by_test_id("client-answer")
    expect(answer).to_contain_text("Saisi par l’émetteur")
    expect(answer).to_contain_text("Tiroir")
    expect(client.get_by_test_id("decision-result")).to_contain_text("saisi par l’émetteur")
    for label, name in (("Attestation (PDF)", "c.pdf"), ("Données (JSON)", "c.json")):
        with page.expect_download() as download:
            answer.get_by_role("link", name=label).click()
        download.value.save_as(tmp_path / name)
        assert company.run("verify", "--certificate", str(tmp_path / name)).returncode == 0
    page.get_by_test_id("reopen").click()
    page.locator("dialog[open]").get_by_role("button", name="Rouvrir la réponse").click()
    expect(answer).to_have_count(0)
    expect(client.get_by_test_id("accept")).to_be_visible()
    expect(client.get_by_test_id("certificate")).to_be_visible()
    client.context.close()


def test_a_link_of_the_deal_loads_the_other_document_whole(browser: Browser, company: Company) -> None:
    quote = company.issue()
    order = company.post(f"/documents/{quote['id']}/convert", {"to": "order"})
    number = company.post(f"/documents/{order['id']}/issue")["number"]
    page, complaints = open_page(browser, quote["webdocument_url"])
    with page.expect_navigation():
        page.get_by_test_id("chain-link").click()
    expect(page.get_by_test_id("live")).to_be_visible()
    expect(page.get_by_test_id("doc-number")).to_have_text(number)
    assert complaints == []
    page.context.close()
