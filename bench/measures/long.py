"""A long document must not be long to open: 200 lines beside 20, on the same slow phone."""

from collections.abc import Iterator

from bench.figures import Figure, median
from bench.ground import Ground
from bench.phone import phone, visit
from bench.registry import measure

LOADS = 5
SHORT_LINES = 20
LONG_LINES = 200
RATIO = 1.5


@measure("long", "a document of 200 lines on a slow phone")
def long(ground: Ground) -> Iterator[Figure]:
    addresses = {n: ground.server.issued_quote(n)["webdocument_url"] for n in (SHORT_LINES, LONG_LINES)}
    visible: dict[int, list[float]] = {lines: [] for lines in addresses}
    for _ in range(LOADS):
        for lines, address in addresses.items():
            context = phone(ground.browser)
            visible[lines].append(visit(context, address, live=False).visible)
            context.close()
    short, full = median(visible[SHORT_LINES]), median(visible[LONG_LINES])
    beside = f"{SHORT_LINES} lines: {short:.0f} ms"
    yield Figure("long", f"document of {LONG_LINES} lines visible", full, beside=beside)
    yield Figure("long", "… as a ratio", full / short, "×", RATIO, beside)
