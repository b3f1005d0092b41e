"""From a client's click to the merchant's changed page: two browser windows, one real server, loopback."""

from collections.abc import Iterator
from typing import Any

from playwright.sync_api import BrowserContext, Page

from bench.figures import Figure, median, percentile
from bench.ground import Ground
from bench.registry import measure
from bench.server import Server

QUOTES = 15
MESSAGES = 30
GOAL_MS = 60
NAME = "Claire Fontaine"


CLICKS = """() => {
  addEventListener("click", (event) => { window.clicked = performance.timeOrigin + event.timeStamp; }, true);
}"""

# Arms a watch, which notes when `read` first gives another value than now.
ARM = """([read, selector]) => {
  const value = () => read === "count" ? document.querySelectorAll(selector).length
    : document.querySelector(selector)?.textContent;
  const before = value();
  window.changed = new Promise((done) => {
    const observer = new MutationObserver(() => {
      if (value() === before) return;
      observer.disconnect();
      done(performance.timeOrigin + performance.now());
    });
    observer.observe(document.body, {subtree: true, childList: true, characterData: true});
    setTimeout(() => done(null), 10_000);
  });
}"""


@measure("live", "a client's action, seen on the merchant's screen")
def live(ground: Ground) -> Iterator[Figure]:
    server = ground.server
    merchant = signed_in(ground, server)
    client = ground.browser.new_context(locale="fr-FR", viewport={"width": 390, "height": 844})
    answers = _answers(server, merchant, client)
    messages = message_delays(server, merchant, client)
    for context in (merchant, client):
        context.close()
    yield from _figures("answer → status in the list", answers)
    yield from _figures("message → document page", messages)


def _figures(name: str, delays: list[float]) -> Iterator[Figure]:
    yield Figure("live", f"{name}, p50 of {len(delays)}", median(delays), goal=GOAL_MS)
    yield Figure("live", f"{name}, p95", percentile(delays, 0.95))


def signed_in(ground: Ground, server: Server) -> BrowserContext:
    """A browser window of the demo's merchant."""
    context = ground.browser.new_context(locale="fr-FR", viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(f"{server.origin}/login")
    page.get_by_test_id("login-email").fill(server.email)
    page.get_by_test_id("login-password").fill(server.password)
    page.get_by_test_id("login-submit").click()
    page.wait_for_url("**/app**")
    page.close()
    return context


def _answers(server: Server, merchant: BrowserContext, client: BrowserContext) -> list[float]:
    """Each quote is held first, then accepted."""
    quotes = [server.issued_quote() for _ in range(QUOTES)]
    listing = opened(merchant, f"{server.origin}/app/documents")
    delays = []
    for quote in quotes:
        status = f'[data-document-id="{quote["id"]}"] [data-testid="row-status"]'
        page = opened(client, quote["webdocument_url"])
        first_gesture(page, listing, status)
        for answer in ("hold", "accept"):
            page.get_by_test_id(answer).click()
            page.get_by_test_id("decision-name").fill(NAME)
            button = page.get_by_test_id("decision-confirm")
            delays.append(_delay(page, button.click, listing, ["text", status]))
            page.get_by_test_id("decision-confirm").wait_for(state="detached")
        page.close()
    listing.close()
    return delays


def first_gesture(page: Page, listing: Page, status: str) -> None:
    """The client's first gesture marks the quote as seen: that news must not be taken for the answer's."""
    listing.evaluate(ARM, ["text", status])
    page.mouse.click(5, 5)
    changed(listing)


def message_delays(
    server: Server, merchant: BrowserContext, client: BrowserContext, number: int = MESSAGES
) -> list[float]:
    """Milliseconds from each of the client's messages to the merchant's page that shows it."""
    quote = server.issued_quote()
    document = opened(merchant, f"{server.origin}/app/documents/{quote['id']}")
    page = opened(client, quote["webdocument_url"])
    written, send = page.get_by_test_id("message-input"), page.get_by_test_id("message-send")
    delays = []
    for rank in range(number):
        body = f"Question {rank + 1}"
        written.fill(body)
        delays.append(_delay(page, send.click, document, ["count", '[data-testid="message"]']))
        page.get_by_test_id("message").filter(has_text=body).last.wait_for()
        page.locator('[data-testid="message-input"]:placeholder-shown').wait_for()
    page.close()
    document.close()
    return delays


def opened(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.goto(address)
    page.get_by_test_id("live").wait_for()
    page.evaluate(CLICKS)
    return page


def _delay(acting: Page, click: Any, watching: Page, what: list[str]) -> float:
    """Milliseconds from the click in one page to the changed DOM in the other."""
    watching.evaluate(ARM, what)
    click()
    return changed(watching) - float(acting.evaluate("() => window.clicked"))


def changed(watching: Page) -> float:
    at = watching.evaluate("() => window.changed")
    if at is None:
        raise RuntimeError("nothing changed on the merchant's page within 10 s")
    return float(at)
