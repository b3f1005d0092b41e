"""The client's page with a keyboard alone, on a dying network, and talking to nobody else."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import Company, open_page

pytestmark = pytest.mark.browser


def tab_to(page: Page, mark: str) -> None:
    """Presses Tab until the element with this mark has the focus."""
    tab_until(page, f"e => e.dataset.testid === '{mark}'")


def tab_until(page: Page, wanted: str) -> None:
    """Presses Tab until the focus is on a wanted element, told by a function of the page."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate(f"() => Boolean(document.activeElement && ({wanted})(document.activeElement))"):
            return
    raise AssertionError(f"Tab never reaches {wanted}")


def code_sent(company: Company, document_id: str) -> str:
    """The one-time code in the newest mail that brought one."""
    [(text,)] = company.sql(
        "SELECT text_body FROM outbox_mails WHERE purpose = 'code' AND document_id = ?", document_id
    )
    found = re.search(r"\d{4}\s\d{4}", text)
    assert found
    return found[0]


def test_a_keyboard_alone_answers_and_writes(browser: Browser, company: Company) -> None:
    quote = company.issue()
    page, _ = open_page(browser, quote["webdocument_url"], width=1440)
    tab_to(page, "accept")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("decision-name")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("decision-name")).to_have_count(0)
    expect(page.get_by_test_id("accept")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.type("Claire")
    tab_to(page, "decision-confirm")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("decision-result")).to_be_focused()
    tab_to(page, "message-input")
    page.keyboard.type("Merci")
    tab_to(page, "message-send")
    page.keyboard.press("Space")
    expect(page.get_by_test_id("message")).to_contain_text("Merci")
    page.context.close()


def test_a_keyboard_alone_ticks_signs_and_gives_the_code(browser: Browser, company: Company) -> None:
    quote = company.issue(
        lines=[
            {"description": "Table", "unit_price": "100"},
            {"description": "Tiroir", "unit_price": "10", "optional": True},
        ]
    )
    company.sql("UPDATE companies SET code_above_minor = 10000")
    try:
        page, _ = open_page(browser, quote["webdocument_url"], width=1440)
        tab_until(page, "e => e.name === 'option'")
        page.keyboard.press("Space")
        expect(page.locator(".ask h1")).to_contain_text("132,00")
        tab_to(page, "accept")
        page.keyboard.press("Enter")
        page.keyboard.type("Claire Fontaine")
        tab_until(page, "e => e.tagName === 'SUMMARY' && e.closest('.signing')")
        page.keyboard.press("Enter")
        tab_until(page, "e => e.type === 'text' && e.closest('.signing')")
        page.keyboard.type("C. Fontaine")
        tab_until(page, "e => e.textContent === 'Recevoir le code'")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Le code est parti")).to_be_visible()
        tab_to(page, "decision-code")
        page.keyboard.type(code_sent(company, quote["id"]))
        page.keyboard.press("Enter")
        expect(page.get_by_test_id("decision-result")).to_be_focused()
        page.context.close()
    finally:
        company.sql("UPDATE companies SET code_above_minor = NULL")
    [(kept, signed)] = company.sql(
        "SELECT amount_minor, signature FROM decisions WHERE document_id = ?", quote["id"]
    )
    assert (kept, signed[:4]) == (13_200, b"\x89PNG")


def test_what_is_sent_on_a_dead_network_happens_once_when_it_is_back(
    browser: Browser, company: Company
) -> None:
    quote = company.issue()
    page, _ = open_page(browser, quote["webdocument_url"])
    page.get_by_test_id("message-input").fill("Une question")
    page.get_by_test_id("accept").click()
    page.get_by_test_id("decision-name").fill("Claire")
    page.context.set_offline(True)
    expect(page.get_by_text("Connexion perdue")).to_be_visible()
    page.get_by_test_id("decision-confirm").click()
    page.context.set_offline(False)
    expect(page.get_by_test_id("live")).to_be_visible()
    expect(page.get_by_test_id("decision-result")).to_be_visible()
    events = company.get(f"/documents/{quote['id']}/events")["items"]
    assert [event["type"] for event in events if event["type"].startswith("decision.")] == [
        "decision.accepted"
    ]
    expect(page.get_by_test_id("message-input")).to_have_value("Une question")
    page.context.close()


def test_where_one_has_scrolled_to_stays_when_the_page_comes_alive(
    browser: Browser, company: Company
) -> None:
    lines = [{"description": f"Ligne {n}", "unit_price": "10"} for n in range(60)]
    quote = company.issue(lines=lines)
    page, _ = open_page(browser)
    held: list[Route] = []
    page.route("**/assets/*.js", lambda route: route.continue_() if scrolled else held.append(route))
    scrolled = False
    page.goto(quote["webdocument_url"], wait_until="domcontentloaded")
    line = page.get_by_text("Ligne 30", exact=True)
    line.scroll_into_view_if_needed()
    before = line.bounding_box()
    scrolled = True
    for script in held:
        script.continue_()
    expect(page.get_by_test_id("live")).to_be_attached()
    after = line.bounding_box()
    assert before
    assert after
    assert abs(after["y"] - before["y"]) <= 2
    page.context.close()


def test_the_page_asks_nobody_else_and_its_policy_allows_nothing_more(
    browser: Browser, company: Company
) -> None:
    quote = company.issue()
    page, complaints = open_page(browser)
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
    page.on("websocket", lambda socket: asked.add(urlsplit(socket.url).netloc))
    answer = page.goto(quote["webdocument_url"])
    expect(page.get_by_test_id("live")).to_be_visible()
    assert answer
    policy = answer.headers["content-security-policy"]
    assert not re.search(r"unsafe-eval|https?://(?!localhost|127\.0\.0\.1)|\*", policy)
    assert asked == {urlsplit(company.server.origin).netloc}
    assert complaints == []
    page.context.close()
