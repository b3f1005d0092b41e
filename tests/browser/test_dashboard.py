"""The merchant's pages in Chromium: live rows, the editor, the conversation."""

import re

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import Company
from tests.browser.people import fill_line, new_draft, open_live

pytestmark = pytest.mark.browser


def test_totals_follow_typing_and_the_draft_is_issued_as_typed(desk: BrowserContext) -> None:
    page = new_draft(desk, "Clara Sommier")
    fill_line(page, 0, "Table basse", "1 250,50")
    page.get_by_test_id("add-line").click()
    fill_line(page, 1, "Pose", "abc")
    expect(page.locator(".problems")).to_contain_text("Ligne 2")
    fill_line(page, 1, "Pose", "100")
    expect(page.locator(".sums .strong dd")).to_have_text("1 620,60 €")
    page.get_by_test_id("issue-document").click()
    expect(page.get_by_test_id("doc-number")).to_have_text(re.compile(r"^D-\d{4}-\d{5}$"))
    expect(page.get_by_test_id("net-to-pay")).to_have_text("1 620,60 €")


def test_lines_move_and_go_while_typing_and_any_kind_is_issued(desk: BrowserContext) -> None:
    page = new_draft(desk, "Béatrice Noël")
    lines = page.get_by_test_id("line")
    for number, (what, price) in enumerate((("Un", "10"), ("Deux", "20"), ("Trois", "30"))):
        if number:
            page.get_by_test_id("add-line").click()
        fill_line(page, number, what, price)
    expect(page.locator(".sums .strong dd")).to_have_text("72,00 €")
    lines.nth(1).get_by_role("button", name="Retirer la ligne").click()
    expect(lines).to_have_count(2)
    expect(page.locator(".sums .strong dd")).to_have_text("48,00 €")
    lines.nth(1).get_by_role("button", name="Monter la ligne").click()
    expect(lines.first.locator("textarea")).to_have_value("Trois")
    page.locator("select[name=kind]").select_option("invoice")
    page.get_by_test_id("save-document").click()
    expect(page.get_by_test_id("notice")).to_contain_text("C’est enregistré.")
    page.reload()
    expect(page.get_by_test_id("live")).to_be_visible()
    expect(page.locator("select[name=kind]")).to_have_value("invoice")
    assert [lines.nth(n).locator("textarea").input_value() for n in (0, 1)] == ["Trois", "Un"]
    page.get_by_test_id("issue-document").click()
    expect(page.get_by_test_id("doc-number")).to_have_text(re.compile(r"^F-\d{4}-\d{5}$"))
    assert page.locator(".sheet tbody tr").first.inner_text().startswith("Trois")


def test_what_does_not_exist_is_said_and_leads_on(desk: BrowserContext) -> None:
    nobody = "0" * 32
    for address, words in (
        (f"/app/documents/{nobody}", "Ce document n’existe pas."),
        (f"/app/documents/{nobody}/edit", "Ce document n’existe pas."),
        (f"/app/customers/{nobody}", "Ce client n’existe pas."),
    ):
        page = open_live(desk, address)
        expect(page.locator(".empty")).to_contain_text(words)
        expect(page.locator(".empty").get_by_role("link")).to_be_visible()
        expect(page.get_by_test_id("notice")).to_have_text("")
        page.close()
    page = open_live(desk, "/app/documents?after=cut")
    expect(page.get_by_test_id("doc-row").first).to_be_visible()


def test_the_number_of_the_home_page_is_the_number_of_the_list(desk: BrowserContext) -> None:
    page = open_live(desk, "/app")
    counter = page.locator(".counters a").first
    number = int(counter.locator("b").inner_text())
    counter.click()
    expect(page.get_by_role("heading", name="Documents")).to_be_visible()
    expect(page.get_by_test_id("doc-row")).to_have_count(min(number, 25))
    found = page.get_by_test_id("doc-row").count()
    while page.get_by_role("link", name="Suivants").count():
        first = page.get_by_test_id("doc-row").first.get_attribute("data-document-id")
        page.get_by_role("link", name="Suivants").click()
        expect(page.locator(f'[data-document-id="{first}"]')).to_have_count(0)
        found += page.get_by_test_id("doc-row").count()
    assert found == number


def test_lines_not_yet_saved_survive_a_lost_state(desk: BrowserContext) -> None:
    page = new_draft(desk, "Denis Sauvage")
    fill_line(page, 0, "Chaise", "80")
    page.get_by_test_id("add-line").click()
    fill_line(page, 1, "Banc", "120")
    expect(page.locator(".sums .strong dd")).to_have_text("240,00 €")
    desk.set_offline(True)
    expect(page.get_by_test_id("live")).to_be_hidden()
    desk.set_offline(False)
    expect(page.get_by_test_id("live")).to_be_visible(timeout=30_000)
    expect(page.get_by_test_id("line")).to_have_count(2)
    expect(page.get_by_test_id("line").nth(1).locator("textarea")).to_have_value("Banc")


def test_a_row_changes_live_and_none_moves_under_the_pointer(desk: BrowserContext) -> None:
    editor = new_draft(desk, "Élodie Vidal")
    document_id = editor.url.split("/")[-2]
    listing = open_live(desk, "/app/documents")
    row = listing.locator(f'[data-document-id="{document_id}"]')
    expect(row.get_by_test_id("row-status")).to_have_text("Brouillon")
    row.hover()
    before = row.bounding_box()
    new_draft(desk, "François Petit")
    expect(listing.get_by_text("François Petit")).to_be_attached()
    assert row.bounding_box() == before
    fill_line(editor, 0, "Étagère", "10")
    editor.get_by_test_id("issue-document").click()
    expect(row.get_by_test_id("row-status")).to_have_text("Enregistré")
    listing.get_by_role("heading", name="Documents").hover()
    expect(listing.locator("tbody")).to_have_css("transform", "none")


def test_a_note_stays_inside_and_the_switch_goes_off(desk: BrowserContext, company: Company) -> None:
    page = open_live(desk, f"/app/documents/{company.issue()['id']}")
    page.get_by_test_id("write-message").click()
    page.get_by_test_id("message-input").fill("Marge à revoir")
    page.get_by_test_id("internal-note").check()
    page.get_by_test_id("message-send").click()
    expect(page.get_by_test_id("message").last).to_contain_text("Note interne")
    expect(page.get_by_test_id("internal-note")).not_to_be_checked()
    expect(page.get_by_test_id("message-input")).to_have_value("")
    page.get_by_test_id("doc-menu").click()
    address = page.get_by_test_id("webdoc-link").get_attribute("href")
    assert address and "Marge à revoir" not in page.request.get(address).text()
