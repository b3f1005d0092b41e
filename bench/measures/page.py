"""The client's page on a slow phone, beside its very document as a file without scripts."""

from collections.abc import Iterator

import httpx

from bench.figures import Figure, median
from bench.ground import Ground
from bench.phone import Visit, phone, visit
from bench.plain_file import file_server, plain_page
from bench.registry import measure

LOADS = 5
VISIBLE_RATIO = 1.25
LIVE_MS = 2000
SHIFT = 0.02
BUNDLE_KB = 175
SECOND_VISIT_KB = 30


@measure("page", "the client's page on a slow phone")
def page(ground: Ground) -> Iterator[Figure]:
    address = str(ground.server.issued_quote()["webdocument_url"])
    cold: list[Visit] = []
    warm: list[Visit] = []
    still: list[Visit] = []
    with file_server(plain_page(httpx.get(address).text)) as file:
        # By turns, so that whatever else the machine does weighs on both.
        for _ in range(LOADS):
            context = phone(ground.browser)
            cold.append(visit(context, address, live=True))
            warm.append(visit(context, address, live=True))
            context.close()
            context = phone(ground.browser)
            still.append(visit(context, file, live=False))
            context.close()
    yield from _figures(cold, warm, still)


def _figures(cold: list[Visit], warm: list[Visit], still: list[Visit]) -> Iterator[Figure]:
    visible, base = median([v.visible for v in cold]), median([v.visible for v in still])
    beside = f"static file: {base:.0f} ms"
    yield Figure("page", "document visible, first visit", visible, beside=beside)
    yield Figure("page", "… as a ratio", visible / base, "×", VISIBLE_RATIO, beside)
    yield Figure("page", "first contentful paint", median([v.first_paint for v in cold]))
    yield Figure("page", "page is live, first visit", median([v.live for v in cold]), goal=LIVE_MS)
    yield Figure("page", "page is live, second visit", median([v.live for v in warm]))
    yield Figure("page", "layout shift, worst load", max(v.shift for v in cold + warm), "", SHIFT)
    scripts, styles = (
        median([v.script_bytes for v in cold]) / 1024,
        median([v.style_bytes for v in cold]) / 1024,
    )
    yield Figure("page", "scripts and styles over the wire", scripts + styles, "KB", BUNDLE_KB)
    yield Figure("page", "the page itself over the wire", median([v.page_bytes for v in cold]) / 1024, "KB")
    again = median([v.transferred for v in warm]) / 1024
    yield Figure("page", "transferred, second visit", again, "KB", SECOND_VISIT_KB)
