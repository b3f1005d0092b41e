"""From a provider's webhook, as it leaves, to the changed pages of both sides: nothing else tells of the payment."""

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import httpx
from playwright.sync_api import BrowserContext, Page

from bench.figures import Figure, median, percentile
from bench.ground import Ground
from bench.measures.live import opened, signed_in
from bench.registry import measure
from bench.server import Server, running_server

if TYPE_CHECKING:
    from tests.emulators.base import Emulator

PAYMENTS = 20
GOAL_MS = 80
PAID = "Payé"

# Arms a watch, which notes when the element says that the bill is paid.
ARM = """([selector, word]) => {
  const isPaid = () => document.querySelector(selector)?.textContent.includes(word);
  if (isPaid()) throw new Error("paid already");
  window.paid = new Promise((done) => {
    const observer = new MutationObserver(() => {
      if (!isPaid()) return;
      observer.disconnect();
      done(performance.timeOrigin + performance.now());
    });
    observer.observe(document.body, {subtree: true, childList: true, characterData: true});
    setTimeout(() => done(null), 10_000);
  });
}"""


@measure("paid", "a provider's webhook, seen on both screens")
def paid(ground: Ground) -> Iterator[Figure]:
    from tests.emulators.running import KEYS, emulators  # not part of every installation

    with emulators() as providers, running_server(**providers.environment) as server:
        providers.know({name: server.connect(name, keys) for name, keys in KEYS.items()})
        merchant = signed_in(ground, server)
        client = ground.browser.new_context(locale="fr-FR", viewport={"width": 390, "height": 844})
        for name, emulator in providers.all.items():
            delays: dict[str, list[float]] = {}
            for rank in range(PAYMENTS):
                # A merchant looks at one page at a time: by turns the bill's own, and the list.
                for screen, delay in _delays(server, emulator, name, client, merchant, rank % 2).items():
                    delays.setdefault(screen, []).append(delay)
            for screen, found in delays.items():
                yield from _figures(f"{emulator.name} → {screen}", found)
        for context in (merchant, client):
            context.close()


def _figures(name: str, delays: list[float]) -> Iterator[Figure]:
    yield Figure("paid", f"{name}, p50 of {len(delays)}", median(delays), goal=GOAL_MS)
    yield Figure("paid", f"{name}, p95", percentile(delays, 0.95))


def _delays(
    server: Server,
    emulator: "Emulator",
    provider: str,
    client: BrowserContext,
    merchant: BrowserContext,
    is_list: int,
) -> dict[str, float]:
    """Milliseconds from the first webhook of one payment to each screen that says so."""
    bill = server.issued("invoice")
    page = opened(client, bill["webdocument_url"])
    address = "/app/documents" if is_list else f"/app/documents/{bill['id']}"
    desk = opened(merchant, f"{server.origin}{address}")
    row = f'[data-document-id="{bill["id"]}"] [data-testid="row-status"]'
    place = row if is_list else '[data-testid="status-bar"]'
    screens = {
        "client's page": (page, '[data-testid="doc-status"]'),
        "list" if is_list else "document's page": (desk, place),
    }
    # The first gesture marks the bill as seen, which is news too: it is over before the payment's begins.
    page.mouse.click(5, 5)
    desk.locator(place).filter(has_text="Consulté").wait_for()
    for watching, selector in screens.values():
        watching.evaluate(ARM, [selector, PAID])
    left = _pay(page, emulator, provider)
    delays = {name: _paid_at(watching) - left for name, (watching, _) in screens.items()}
    page.close()
    desk.close()
    return delays


def _pay(page: Page, emulator: "Emulator", provider: str) -> float:
    """Pays as the page's form would, without ever coming back. When the webhook left, in milliseconds since 1970."""
    form = page.locator(f'form[action$="/pay/{provider}"]').first
    action = urljoin(page.url, form.get_attribute("action") or "")
    nonce = form.locator("[name=nonce]").input_value()
    browser = {"User-Agent": page.evaluate("navigator.userAgent")}
    with httpx.Client(headers=browser, timeout=30, trust_env=False) as http:
        hosted = http.post(action, data={"nonce": nonce}).headers["location"]
        emulator.sent.clear()
        http.post(hosted, data={"act": "pay"})
    _paid_at(page)
    return emulator.sent[0].at * 1000


def _paid_at(page: Page) -> float:
    at = page.evaluate("() => window.paid")
    if at is None:
        raise RuntimeError("the page did not say within 10 s that the bill is paid")
    return float(at)
