"""One address sends as much as it can, of each kind: what others notice, who come from another address.

`python -m bench floods`; `WEBDOC_FLOODS=reads,events` chooses kinds.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx

from bench.figures import Figure, median, percentile
from bench.ground import Ground
from bench.registry import measure
from bench.server import Server, running_server
from tests.faults.strangers import browser_at
from webdoc_app.build import ROOT

KINDS = {
    "reads": "pages read",
    "unknown": "tokens guessed",
    "forms": "forms sent",
    "wrong-keys": "keys guessed",
    "logins": "passwords guessed",
    "mails": "password mails asked for",
    "uploads": "pictures of 16 megapixels",
    "cookies": "cookies of backslashes",
    "bodies": "half-sent bodies",
    "sockets": "sockets opened",
    "events": "events of 50 sockets",
    "reports": "errors reported",
    "openings": "visits pretended",
    "idle": "1 500 sockets held",
}
FLOODER, OTHER = "127.0.0.2", "127.0.0.9"
ALONE, SECONDS = 30, 5.0
HEALTH_MS, RATIO = 300, 5


@measure("floods", "what others notice of a flood from one address")
def floods(ground: Ground) -> Iterator[Figure]:
    with running_server(WEBDOC_LIMITS="1") as server, browser_at(OTHER) as other:
        origin = f"http://127.0.0.1:{urlsplit(server.origin).port}"
        chosen = os.environ.get("WEBDOC_FLOODS", ",".join(KINDS)).split(",")
        for kind, what in ((kind, KINDS[kind]) for kind in chosen):
            path = urlsplit(str(server.issued_quote()["webdocument_url"])).path
            yield from _noticed(server, other, origin, path, kind, what)


def _noticed(
    server: Server, other: httpx.Client, origin: str, path: str, kind: str, what: str
) -> Iterator[Figure]:
    """The page alone, then while the flood runs; each time asked one after the other, as a person's browser does."""
    alone = _alone(other, origin + path)
    pages: list[float] = []
    health: list[float] = []
    with _flooding(kind, origin, path):
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            health.append(_milliseconds(other, f"{origin}/health"))
            pages.append(_milliseconds(other, origin + path))
    base, flooded = median(alone), median(pages)
    beside = f"alone {base:.0f} ms, p95 {percentile(pages, 0.95):.0f} ms of {len(pages)}"
    yield Figure("floods", f"{what}: /health, worst", max(health), goal=HEALTH_MS)
    yield Figure("floods", f"{what}: another's page", flooded / base, "×", RATIO, beside)


def _alone(other: httpx.Client, address: str) -> list[float]:
    """Once what the flood before has left is worked off: as soon as the page is no longer getting quicker."""
    before, times = float("inf"), [_milliseconds(other, address) for _ in range(ALONE)]
    until = time.monotonic() + 20
    while median(times) < 0.8 * before and time.monotonic() < until:
        before, times = median(times), [_milliseconds(other, address) for _ in range(ALONE)]
    return times


def _milliseconds(browser: httpx.Client, address: str) -> float:
    begun = time.perf_counter()
    browser.get(address).raise_for_status()
    return (time.perf_counter() - begun) * 1_000


@contextmanager
def _flooding(kind: str, origin: str, path: str) -> Iterator[None]:
    command = [sys.executable, "-m", "tests.faults.floods", kind, origin, path, FLOODER]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as flood:
        try:
            if flood.stdout is None or flood.stdout.readline() != "flooding\n":
                raise RuntimeError("the flood did not begin")
            yield
            if flood.poll() is not None:
                raise RuntimeError("the flood ended before its time")
        finally:
            flood.kill()
