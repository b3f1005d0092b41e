"""A line of words for the person at the screen: what was refused and why, or what was done."""

import time

import reflex as rx

from webdoc_app.ui.guards import anyone
from webdoc_app.ui.tabs.emptying import stays

TURNING_SECONDS = 2.0


@stays
class Notice(rx.State):
    """Shown in an aria-live region of the page; the newest one stands until it is closed or replaced."""

    text: str = ""
    is_problem: bool = False
    told: int = 0
    _told_at: float = 0.0

    @rx.event
    @anyone
    def close(self) -> None:
        """Takes the notice away."""
        self.text = ""

    def _say(self, text: str, *, problem: bool) -> None:
        self.text = text
        self.is_problem = problem
        # The same words told again are news again.
        self.told += 1
        self._told_at = time.monotonic()

    def _turn_page(self) -> None:
        """Another page opens: only what was said in the same breath stays."""
        if self.text and time.monotonic() - self._told_at > TURNING_SECONDS:
            self.text = ""
