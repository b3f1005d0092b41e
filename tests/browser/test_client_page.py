"""The client's page: usable from its first byte, the same when it is live, and nothing typed is lost between."""

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import Server, open_page

pytestmark = pytest.mark.browser
ALWAYS = ("doc-number", "doc-status", "net-to-pay", "pdf", "download", "print", "accept", "refuse", "hold")
TALK = ("conversation", "message-input", "message-send")
FIELDS = ("decision-name", "decision-reason", "decision-until", "decision-confirm")


def shown(page: Page, mark: str) -> int:
    return page.get_by_test_id(mark).locator("visible=true").count()


@pytest.mark.parametrize("width", [320, 390, 1440])
@pytest.mark.parametrize("scripts", [False, True])
def test_every_mark_is_there_once(browser: Browser, server: Server, width: int, scripts: bool) -> None:
    page, complaints = open_page(browser, width=width, scripts=scripts)
    page.goto(server.link)
    if scripts:
        expect(page.get_by_test_id("live")).to_be_visible()
    assert {mark: shown(page, mark) for mark in ALWAYS + TALK} == dict.fromkeys(ALWAYS + TALK, 1)
    assert {mark: shown(page, mark) for mark in FIELDS} == dict.fromkeys(FIELDS, 0)
    page.get_by_test_id("hold").click()
    assert {mark: shown(page, mark) for mark in FIELDS} == dict.fromkeys(FIELDS, 1)
    page.get_by_test_id("accept").click()
    assert shown(page, "decision-until") == 0
    assert shown(page, "decision-confirm") == 1
    if scripts:
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width
        assert page.get_by_test_id("decision-name").count() == 1
    assert complaints == []
    page.context.close()


def test_what_is_typed_before_the_page_is_live_stays(browser: Browser, server: Server) -> None:
    page, _ = open_page(browser)
    waiting: list[Route] = []
    gate = {"open": False}

    def hold_back(route: Route) -> None:
        if gate["open"]:
            route.continue_()
        else:
            waiting.append(route)

    page.route("**/assets/*.js", hold_back)
    page.goto(server.link, wait_until="commit")
    page.get_by_test_id("message-input").fill("Écrit avant")
    page.get_by_test_id("accept").click()
    page.get_by_test_id("decision-name").locator("visible=true").fill("Jeanne")
    page.mouse.click(200, 150)
    gate["open"] = True
    for route in waiting:
        route.continue_()
    expect(page.get_by_test_id("live")).to_be_visible()
    expect(page.get_by_test_id("message-input")).to_have_value("Écrit avant")
    expect(page.get_by_test_id("decision-name")).to_have_value("Jeanne")
    page.context.close()


def test_a_lost_connection_is_said_and_loses_nothing(browser: Browser, server: Server) -> None:
    page, _ = open_page(browser)
    page.goto(server.link)
    expect(page.get_by_test_id("live")).to_be_visible()
    page.get_by_test_id("message-input").fill("Un brouillon")
    page.context.set_offline(True)
    expect(page.get_by_text("Connexion perdue")).to_be_visible()
    expect(page.get_by_test_id("live")).to_have_count(0)
    page.context.set_offline(False)
    expect(page.get_by_test_id("live")).to_be_visible()
    expect(page.get_by_text("Connexion perdue")).to_have_count(0)
    expect(page.get_by_test_id("message-input")).to_have_value("Un brouillon")
    page.context.close()


def test_a_refused_form_shows_the_document_with_the_reason(browser: Browser, server: Server) -> None:
    page, _ = open_page(browser, scripts=False)
    page.goto(server.link)
    form: dict[str, str | float | bool] = {
        "decision": "accept",
        "version": "99",
        "nonce": "x",
        "name": "Jeanne",
    }
    answer = page.request.post(f"{server.link}/decision", form=form)
    assert answer.status == 409
    # Scripts would look for a page at the form's address, and find none.
    assert "<script" not in answer.text()
    page.set_content(answer.text())
    expect(page.get_by_role("alert")).to_contain_text("Relisez-le")
    assert shown(page, "accept") == shown(page, "message-send") == 1
    page.context.close()
