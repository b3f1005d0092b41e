"""What measures stand on: a real server with the demo in it, and Chromium. Both start when first asked for."""

import functools
from contextlib import ExitStack
from types import TracebackType

from playwright.sync_api import Browser, sync_playwright

from bench.server import Server, running_server

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


class Ground:
    """Use as a context manager: leaving it stops what was started."""

    def __init__(self) -> None:
        self._started = ExitStack()

    def __enter__(self) -> "Ground":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._started.close()

    @functools.cached_property
    def server(self) -> Server:
        return self._started.enter_context(running_server())

    @functools.cached_property
    def browser(self) -> Browser:
        playwright = self._started.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        self._started.callback(browser.close)
        return browser
