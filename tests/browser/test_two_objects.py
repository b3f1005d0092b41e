"""Every page of both sides with two different objects in one tab: each shows, and saves, what its address names alone.

What a field must hold is what the same page holds in a tab that has seen nothing else, and what the database says.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import Company
from tests.browser.objects import Deal, Slow, by_link, deal, fields_of, live, stored, until_it_reads, words_of
from tests.browser.people import PHONE, fill_line, merchant

PAGES: dict[str, Callable[[Deal], str]] = {
    "document": lambda deal: f"/app/documents/{deal.quote}",
    "bill": lambda deal: f"/app/documents/{deal.bill}",
    "draft": lambda deal: f"/app/documents/{deal.draft}",
    "editor": lambda deal: f"/app/documents/{deal.draft}/edit",
    "editor of a quote": lambda deal: f"/app/documents/{deal.quote}/edit",
    "customer": lambda deal: f"/app/customers/{deal.customer}",
    "documents": lambda deal: f"/app/documents?q={deal.word}",
    "customers": lambda deal: f"/app/customers?q={deal.word}",
}
CLIENT_PAGES: dict[str, Callable[[Deal], str]] = {
    "quote": lambda deal: deal.quote_link,
    "bill": lambda deal: deal.bill_link,
}


@dataclass(frozen=True)
class World:
    company: Company
    desk: BrowserContext
    one: Deal
    other: Deal


@pytest.fixture(scope="module")
def world(browser: Browser, newcomer: Company) -> Iterator[World]:
    context = merchant(browser, newcomer.server)
    one = deal(newcomer, "alphaalpha", language="en", price="240", deposit="40")
    other = deal(newcomer, "betabeta", language="fr", price="1080", deposit=None)
    yield World(newcomer, context, one, other)
    context.close()


def alone(world: World, address: str) -> dict[str, str]:
    """The fields of a page in a tab of its own."""
    page = world.desk.new_page()
    page.goto(address)
    live(page)
    fields = fields_of(page)
    page.close()
    return fields


def shows(page: Page, deal: Deal, other: Deal, fields: dict[str, str]) -> None:
    until_it_reads(page, deal.word)
    live(page)
    assert fields_of(page) == fields
    words = words_of(page)
    assert deal.word in words
    assert other.word not in words


@pytest.mark.parametrize("name", PAGES)
def test_a_page_shows_what_its_address_names_whichever_way_it_was_come_to(world: World, name: str) -> None:
    """By address, by a link, back, forward, by loading anew, and with the first one's answer arriving late."""
    one, other = (PAGES[name](deal) for deal in (world.one, world.other))
    fields = {one: alone(world, one), other: alone(world, other)}
    slow = Slow(world.desk)
    page = slow.page
    seen = [(one, world.one, world.other), (other, world.other, world.one)]
    page.goto(one)
    shows(page, *seen[0][1:], fields[one])
    by_link(page, other)
    shows(page, *seen[1][1:], fields[other])
    page.go_back()
    shows(page, *seen[0][1:], fields[one])
    page.go_forward()
    shows(page, *seen[1][1:], fields[other])
    page.reload()
    shows(page, *seen[1][1:], fields[other])
    page.goto(one)
    shows(page, *seen[0][1:], fields[one])
    if "?" not in one:  # a list may show the query before for an instant: its rows name their own documents
        slow.hold()
        by_link(page, other)
        by_link(page, one)
        slow.release()
        shows(page, *seen[0][1:], fields[one])
    page.close()


@pytest.mark.parametrize("name", ["editor", "editor of a quote"])
def test_the_editor_holds_what_the_database_says_of_its_document(world: World, name: str) -> None:
    page = world.desk.new_page()
    for each in (world.one, world.other, world.one):
        page.goto(PAGES[name](each)) if each is world.one else by_link(page, PAGES[name](each))
        until_it_reads(page, each.word)
        live(page)
        id_ = each.draft if name == "editor" else each.quote
        held = {field.partition(".")[2]: value for field, value in fields_of(page).items()}
        wanted = stored(world.company, id_)
        if name != "editor":
            del wanted["kind"]
        decimal = wanted["deposit_percent"]
        wanted["deposit_percent"] = decimal.rstrip("0").rstrip(".") if "." in decimal else decimal
        assert {field: held[field] for field in wanted if field in held} == {
            field: value for field, value in wanted.items() if field in held
        }
    page.close()


def test_a_draft_written_after_another_one_holds_its_own_words_alone(world: World) -> None:
    """A draft of one customer is looked at; then another one's is opened by a link, saved as it is, and issued."""
    page = world.desk.new_page()
    page.goto(PAGES["editor"](world.one))
    live(page)
    draft = world.company.post(
        "/documents",
        {
            "kind": "invoice",
            "customer_id": world.other.customer,
            "lines": [{"description": "Pose", "unit_price": "50"}],
        },
    )
    by_link(page, f"/app/documents/{draft['id']}/edit")
    until_it_reads(page, "Pose")
    live(page)
    before = stored(world.company, draft["id"])
    fill_line(page, 0, "Pose", "60")
    page.get_by_test_id("issue-document").click()
    page.wait_for_url(f"**/app/documents/{draft['id']}")
    expect(page.get_by_test_id("doc-number")).to_have_text(re.compile("^F-"))
    after = stored(world.company, draft["id"])
    assert {name: after[name] for name in ("kind", "customer_id", "title", "notes", "language")} == {
        name: before[name] for name in ("kind", "customer_id", "title", "notes", "language")
    }
    page.close()


@pytest.mark.parametrize("name", CLIENT_PAGES)
def test_a_clients_page_holds_nothing_of_the_link_before(browser: Browser, world: World, name: str) -> None:
    one, other = (CLIENT_PAGES[name](deal) for deal in (world.one, world.other))
    context = browser.new_context(**PHONE)
    fields = {}
    for link in (one, other):
        page = browser.new_context(**PHONE).new_page()
        page.goto(link)
        live(page)
        fields[link] = fields_of(page)
        page.context.close()
    page = context.new_page()
    ways: list[tuple[Callable[[], object], str, Deal, Deal]] = [
        (lambda: page.goto(one), one, world.one, world.other),
        (lambda: page.goto(other), other, world.other, world.one),
        (page.go_back, one, world.one, world.other),
        (page.go_forward, other, world.other, world.one),
        (page.reload, other, world.other, world.one),
        (lambda: page.evaluate("(to) => { location.href = to; }", one), one, world.one, world.other),
    ]
    for go, link, deal_, before in ways:
        go()
        page.wait_for_url(link)
        live(page)
        expect(page.locator("body")).to_contain_text(deal_.word)
        assert before.word not in words_of(page)
        assert fields_of(page) == fields[link]
        expect(page.get_by_test_id("news")).to_have_count(0)
    context.close()


def test_a_change_of_price_is_seen_before_an_acceptance_in_a_tab_that_showed_another_quote(
    browser: Browser, world: World
) -> None:
    """The first tab has read version 3 of one quote; another's version 1 becomes 2 under its eyes."""
    company = world.company
    first = company.issue(customer={"name": "Un"})
    for price in ("110", "120"):
        company.post(
            f"/documents/{first['id']}/revise", {"lines": [{"description": "Table", "unit_price": price}]}
        )
    second = company.issue(customer={"name": "Deux"})
    page = browser.new_context(**PHONE).new_page()
    page.goto(first["webdocument_url"])
    live(page)
    page.goto(second["webdocument_url"])
    live(page)
    expect(page.get_by_test_id("news")).to_have_count(0)
    company.post(
        f"/documents/{second['id']}/revise", {"lines": [{"description": "Table", "unit_price": "900"}]}
    )
    expect(page.get_by_test_id("news")).to_be_visible()
    page.context.close()


@pytest.mark.parametrize("place", ["rail", "settings"])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_signing_out_by_pressing_the_button(
    browser: Browser, newcomer: Company, place: str, language: str
) -> None:
    newcomer.sql("UPDATE companies SET language = ? WHERE name = 'Nouveau'", language)
    context = merchant(browser, newcomer.server)
    page = context.new_page()
    page.goto("/app/settings")
    live(page)
    token = page.evaluate("() => sessionStorage.getItem('token')")
    assert token
    words = {"fr": "Se déconnecter", "en": "Sign out"}[language]
    where = page.locator("nav.rail") if place == "rail" else page.locator("main")
    where.get_by_role("button", name=words, exact=True).click()
    page.wait_for_url("**/login")
    assert page.evaluate("() => sessionStorage.getItem('token')") is None
    assert context.cookies() == []
    page.goto("/app")
    page.wait_for_url("**/login")
    context.close()


def test_a_changed_password_and_leaving_everywhere_begin_the_tab_anew(
    browser: Browser, newcomer: Company
) -> None:
    newcomer.sql("UPDATE companies SET language = 'fr' WHERE name = 'Nouveau'")
    context = merchant(browser, newcomer.server)
    page = context.new_page()
    page.goto("/app/settings")
    live(page)
    page.locator("main form input[name=name][placeholder]").fill("Caisse")
    page.get_by_role("button", name="Créer une clé").click()
    key = page.get_by_test_id("new-key").inner_text()
    assert key.startswith("wd_")
    token = page.evaluate("() => sessionStorage.getItem('token')")
    page.get_by_role("button", name="Changer de mot de passe").click()
    page.locator("dialog [name=current]").fill(newcomer.server.password)
    page.locator("dialog [name=new]").fill(newcomer.server.password)
    page.locator("dialog").get_by_role("button", name="Changer", exact=True).click()
    expect(page.get_by_test_id("notice")).to_contain_text("Votre mot de passe est changé.")
    live(page)
    assert page.evaluate("() => sessionStorage.getItem('token')") != token
    assert page.url.endswith("/app/settings")
    assert key not in page.content()
    page.get_by_role("button", name="Se déconnecter partout").click()
    page.locator("dialog").get_by_role("button", name="Se déconnecter partout").click()
    page.wait_for_url("**/login")
    assert page.evaluate("() => sessionStorage.getItem('token')") is None
    assert context.cookies() == []
    context.close()


def test_a_secret_shown_once_is_gone_when_the_page_is_left(browser: Browser, newcomer: Company) -> None:
    context = merchant(browser, newcomer.server)
    page = context.new_page()
    page.goto("/app/settings")
    live(page)
    page.locator("main form input[name=name][placeholder]").fill("Caisse")
    page.get_by_role("button", name="Créer une clé").click()
    expect(page.get_by_test_id("new-key")).to_be_visible()
    page.locator("nav.rail").get_by_role("link", name="Clients").click()
    # The mark of the page before stands until the next one does.
    page.wait_for_url("**/app/customers")
    live(page)
    page.go_back()
    page.wait_for_url("**/app/settings")
    live(page)
    expect(page.get_by_test_id("new-key")).to_have_count(0)
    context.close()
