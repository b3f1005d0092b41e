"""A cheap phone on a slow network, and what it sees of one page load. The same for every page measured."""

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

LATENCY_MS = 150
DOWN_BITS = 1_600_000
UP_BITS = 750_000
CPU_SLOWDOWN = 4
WIDTH, HEIGHT = 390, 844

# Runs before the page's own scripts. `visible`: the end of the first frame painted with the number and the
# amount in it; the task a frame's callback leaves behind runs once that frame is done.
WATCH = """
window.seen = {visible: null, live: null, shift: 0};
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.seen.shift += entry.value;
}).observe({type: "layout-shift", buffered: true});
const shown = (mark) => document.querySelector(`[data-testid="${mark}"]`)?.getClientRects().length;
const note = (name, marks) => requestAnimationFrame(() => {
  if (!marks.every(shown)) return note(name, marks);
  const channel = new MessageChannel();
  channel.port1.onmessage = () => { window.seen[name] = performance.now(); };
  channel.port2.postMessage(null);
});
note("visible", ["doc-number", "net-to-pay"]);
note("live", ["live"]);
"""
WHEN_SEEN = """([name, patience]) => new Promise((seen, failed) => {
  const look = () => {
    if (window.seen[name] !== null) seen();
    else if (performance.now() > patience) failed(Error(`nothing ${name} after ${patience} ms`));
    else setTimeout(look, 50);
  };
  look();
})"""
PATIENCE_MS = 30_000


@dataclass(frozen=True)
class Visit:
    """One load: milliseconds since navigation began, bytes as they came over the wire."""

    visible: float
    first_paint: float
    live: float
    shift: float
    transferred: int
    page_bytes: int
    script_bytes: int
    style_bytes: int


def phone(browser: Browser) -> BrowserContext:
    """A fresh phone, nothing in its cache."""
    return browser.new_context(
        viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=2, is_mobile=True, locale="fr-FR"
    )


def visit(context: BrowserContext, address: str, *, live: bool) -> Visit:
    """Loads `address` in a new tab; with `live`, until the page is live and has settled."""
    page = context.new_page()
    wire = _Wire(page)
    page.add_init_script(WATCH)
    page.goto(address, wait_until="load")
    page.evaluate(WHEN_SEEN, ["visible", PATIENCE_MS])
    if live:
        page.evaluate(WHEN_SEEN, ["live", PATIENCE_MS])
        page.wait_for_load_state("networkidle")
        # Whatever moves after the takeover moves in its frame or the next ones.
        page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    seen: dict[str, Any] = page.evaluate("window.seen")
    first = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0")
    page.close()
    return Visit(
        visible=seen["visible"],
        first_paint=first,
        live=seen["live"] or 0.0,
        shift=seen["shift"],
        transferred=wire.total(),
        page_bytes=wire.total("Document"),
        script_bytes=wire.total("Script"),
        style_bytes=wire.total("Stylesheet"),
    )


class _Wire:
    """Slows the tab down and counts what it receives, by kind of resource; frames of sockets included."""

    def __init__(self, page: Page) -> None:
        self._kinds: dict[str, str] = {}
        self._bytes: dict[str, int] = {}
        cdp = page.context.new_cdp_session(page)
        cdp.on("Network.responseReceived", self._note_kind)
        cdp.on("Network.loadingFinished", self._note_size)
        cdp.on("Network.webSocketFrameReceived", self._note_frame)
        cdp.send("Network.enable")
        cdp.send(
            "Network.emulateNetworkConditions",
            {
                "offline": False,
                "latency": LATENCY_MS,
                "downloadThroughput": DOWN_BITS / 8,
                "uploadThroughput": UP_BITS / 8,
            },
        )
        cdp.send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWDOWN})

    def total(self, kind: str = "") -> int:
        return sum(
            size for request, size in self._bytes.items() if not kind or self._kinds.get(request) == kind
        )

    def _note_kind(self, event: dict[str, Any]) -> None:
        self._kinds[event["requestId"]] = event["type"]

    def _note_size(self, event: dict[str, Any]) -> None:
        self._add(event["requestId"], int(event["encodedDataLength"]))

    def _note_frame(self, event: dict[str, Any]) -> None:
        self._add(event["requestId"], len(event["response"]["payloadData"].encode()))

    def _add(self, request: str, size: int) -> None:
        self._bytes[request] = self._bytes.get(request, 0) + size
