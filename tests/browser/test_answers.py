"""Answering on the client's page: options, a code, a document changed meanwhile, and the proof of it all."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Company, open_page

pytestmark = pytest.mark.browser
LINES = [
    {"description": "Table", "unit_price": "1000"},
    {"description": "Tiroir", "unit_price": "100", "optional": True},
    {"description": "Livraison", "unit_price": "50", "optional": True},
]


def amounts(text: str) -> list[str]:
    """The amounts in a text, with plain blanks."""
    plain = re.sub(r"[\u202f\u00a0]", " ", text)
    return re.findall(r"[0-9 ]*[0-9],[0-9]{2} €", plain)


def net(page: Page) -> str:
    return amounts(page.get_by_test_id("net-to-pay").inner_text())[0].strip()


def test_totals_follow_the_options_and_the_acceptance_keeps_them(
    browser: Browser, company: Company, tmp_path: Path
) -> None:
    quote = company.issue(lines=LINES)
    page, complaints = open_page(browser, quote["webdocument_url"])
    assert net(page) == "1 200,00 €"
    page.get_by_test_id("option").first.focus()
    page.keyboard.press("Space")
    expect(page.get_by_test_id("net-to-pay")).to_have_text(re.compile(r"1.320,00"))
    expect(page.get_by_test_id("option").first).to_be_focused()
    page.get_by_test_id("accept").click()
    assert amounts(page.get_by_test_id("decision-confirm").inner_text())[-1].strip() == "1 320,00 €"
    page.get_by_test_id("decision-name").fill("Claire Fontaine")
    page.get_by_label("Votre qualité").fill("Gérante")
    page.get_by_text("Ajouter une signature").click()
    paper = page.locator("canvas").bounding_box()
    assert paper
    page.mouse.move(paper["x"] + 20, paper["y"] + 20)
    page.mouse.down()
    page.mouse.move(paper["x"] + 120, paper["y"] + 60)
    page.mouse.up()
    page.get_by_test_id("decision-confirm").click()
    expect(page.get_by_test_id("decision-result")).to_contain_text("c…e@fontaine.example")
    expect(page.get_by_test_id("net-to-pay")).to_have_text(re.compile(r"1.320,00"))
    assert complaints == []
    after = company.get(f"/documents/{quote['id']}")
    assert (after["status"], after["totals"]["gross"]) == ("accepted", "1320.00")

    address = page.get_by_test_id("certificate").get_attribute("href")
    for format_ in ("json", "pdf"):
        file = tmp_path / f"certificate.{format_}"
        answer = page.request.get(f"{company.server.origin}{address}?format={format_}")
        assert answer.status == 200
        file.write_bytes(answer.body())
        assert company.run("verify", "--certificate", str(file)).returncode == 0
    text = (tmp_path / "certificate.json").read_text("utf-8")
    facts = {fact["name"]: fact["value"] for fact in json.loads(text)["facts"]}
    assert facts["decision.quality"] == "Gérante"
    assert facts["decision.signature"]
    assert facts["evidence.document"]["pdf_sha256"]
    file.write_text(text.replace("Gérante", "Gérant"), "utf-8")
    verdict = company.run("verify", "--certificate", str(file))
    assert verdict.returncode == 1
    assert "decision.quality" in verdict.stdout
    page.context.close()


def test_without_scripts_the_ticked_options_are_accepted_too(browser: Browser, company: Company) -> None:
    quote = company.issue(lines=LINES)
    page, _ = open_page(browser, quote["webdocument_url"], scripts=False)
    page.get_by_test_id("option").nth(1).check()
    page.get_by_test_id("accept").click()
    panel = page.locator("#answer-accept")
    panel.get_by_test_id("decision-name").fill("Claire")
    panel.get_by_test_id("decision-confirm").click()
    expect(page.get_by_test_id("decision-result")).to_be_visible()
    assert net(page) == "1 260,00 €"
    page.context.close()


def test_what_was_ticked_before_the_page_is_live_still_counts(browser: Browser, company: Company) -> None:
    quote = company.issue(lines=LINES)
    page, _ = open_page(browser)
    page.add_init_script(
        "document.addEventListener('DOMContentLoaded', () => document.querySelector('input[name=option]').click())"
    )
    page.goto(quote["webdocument_url"])
    expect(page.get_by_test_id("live")).to_be_visible()
    expect(page.get_by_test_id("net-to-pay")).to_have_text(re.compile(r"1.320,00"))
    page.context.close()


def test_a_quote_changed_while_it_is_open_says_what_changed_and_is_not_accepted_unread(
    browser: Browser, company: Company
) -> None:
    quote = company.issue()
    page, _ = open_page(browser, quote["webdocument_url"])
    page.get_by_test_id("accept").click()
    page.get_by_test_id("decision-name").fill("Claire")
    lines = [
        {"description": "Table", "unit_price": "100"},
        {"description": "Chaise", "unit_price": "50"},
        {"description": "Pose", "unit_price": "50"},
    ]
    company.post(f"/documents/{quote['id']}/revise", {"lines": lines})
    expect(page.get_by_test_id("news")).to_contain_text("+2 lignes, +120,00")
    expect(page.get_by_test_id("net-to-pay")).to_have_text(re.compile("240,00"))
    page.get_by_test_id("decision-confirm").click()
    expect(page.get_by_role("alert")).to_contain_text("Relisez-le")
    assert company.get(f"/documents/{quote['id']}")["decision"] is None
    page.get_by_role("button", name="J’ai lu").click()
    expect(page.get_by_test_id("news")).to_have_count(0)
    expect(page.get_by_test_id("decision-name")).to_have_value("Claire")
    page.get_by_test_id("decision-confirm").click()
    expect(page.get_by_test_id("decision-result")).to_be_visible()
    page.context.close()


def test_an_answer_to_an_older_version_is_told_what_changed_without_scripts(
    browser: Browser, company: Company
) -> None:
    quote = company.issue()
    page, _ = open_page(browser, quote["webdocument_url"], scripts=False)
    company.post(
        f"/documents/{quote['id']}/revise", {"lines": [{"description": "Table", "unit_price": "90"}]}
    )
    page.get_by_test_id("accept").click()
    page.locator("#answer-accept").get_by_test_id("decision-name").fill("Claire")
    page.locator("#answer-accept").get_by_test_id("decision-confirm").click()
    expect(page.get_by_role("alert")).to_contain_text("1 ligne modifiée, −12,00")
    page.context.close()


@pytest.mark.parametrize("scripts", [True, False])
def test_above_the_amount_a_mailed_code_is_asked(browser: Browser, company: Company, scripts: bool) -> None:
    quote = company.issue()
    company.sql("UPDATE companies SET code_above_minor = 10000")
    try:
        page, _ = open_page(browser, quote["webdocument_url"], scripts=scripts)
        page.get_by_test_id("accept").click()
        page.get_by_role("button", name="Recevoir le code").click()
        if scripts:
            expect(page.get_by_text("Le code est parti")).to_be_visible()
        else:
            page.get_by_test_id("accept").click()
        [(text,)] = company.sql(
            "SELECT text_body FROM outbox_mails WHERE purpose = 'code' AND document_id = ?", quote["id"]
        )
        code = re.search(r"\d{4}\s\d{4}", text)
        assert code
        panel = page.locator("#answer-accept")
        for given, seen in (("00000000", "huit chiffres"), (code[0], "")):
            panel.get_by_test_id("decision-name").fill("Claire")
            panel.get_by_test_id("decision-code").fill(given)
            panel.get_by_test_id("decision-confirm").click()
            if seen:
                expect(page.get_by_role("alert")).to_contain_text(seen)
        expect(page.get_by_test_id("decision-result")).to_be_visible()
        page.context.close()
    finally:
        company.sql("UPDATE companies SET code_above_minor = NULL")


def test_the_deal_tells_documents_payments_and_what_remains(browser: Browser, company: Company) -> None:
    quote = company.issue(lines=[{"description": "Table", "unit_price": "100", "quantity": "10"}])
    order = company.post(f"/documents/{quote['id']}/convert", {"to": "order"})
    company.post(f"/documents/{order['id']}/issue")
    delivery = company.post(f"/documents/{order['id']}/convert", {"to": "delivery"})
    company.client.patch(
        f"/documents/{delivery['id']}",
        json={"lines": [{"description": "Table", "unit_price": "100", "quantity": "4"}]},
    )
    company.post(f"/documents/{delivery['id']}/issue")
    invoice = company.post(f"/documents/{delivery['id']}/convert", {"to": "invoice"})
    company.post(f"/documents/{invoice['id']}/issue")
    company.post(
        f"/documents/{invoice['id']}/payments",
        {"amount": "80.00", "method": "transfer", "paid_on": invoice["created_at"][:10]},
    )
    for scripts in (False, True):
        page, _ = open_page(browser, quote["webdocument_url"], scripts=scripts)
        deal = page.locator("#slot-chain")
        expect(deal.locator("li")).to_have_count(5)
        expect(deal.get_by_test_id("chain-link")).to_have_count(3)
        expect(deal.locator("[aria-current=page]")).to_contain_text(quote["number"])
        expect(deal).to_contain_text("Paiement reçu")
        assert amounts(deal.locator("dl").inner_text())[-2:] == ["720,00 €", "400,00 €"]
        page.context.close()


def test_a_refused_form_keeps_what_was_typed_and_ticked(browser: Browser, company: Company) -> None:
    quote = company.issue(lines=LINES)
    company.sql("UPDATE companies SET code_above_minor = 125000")
    try:
        page, _ = open_page(browser, quote["webdocument_url"], scripts=False)
        page.get_by_test_id("option").first.check()
        page.get_by_test_id("accept").click()
        panel = page.locator("#answer-accept")
        panel.get_by_test_id("decision-name").fill("Claire <b>")
        panel.get_by_test_id("decision-reason").fill("Vite\nsi possible")
        panel.get_by_test_id("decision-confirm").click()
        # Only with the option is the amount one that asks for a code.
        expect(page.get_by_role("alert")).to_contain_text("Demandez un code")
        expect(panel.get_by_test_id("decision-name")).to_have_value("Claire <b>")
        expect(panel.get_by_test_id("decision-reason")).to_have_value("Vite\nsi possible")
        expect(page.get_by_test_id("option").first).to_be_checked()
        assert amounts(panel.inner_text())[0].strip() == "1 320,00 €"
        expect(panel.get_by_role("button", name="Recevoir le code")).to_be_visible()
        page.context.close()
    finally:
        company.sql("UPDATE companies SET code_above_minor = NULL")
