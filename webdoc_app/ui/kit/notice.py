"""A line of words for the person at the screen: what was refused and why, or what was done."""

import reflex as rx

from webdoc_app.ui.guards import anyone


class Notice(rx.State):
    """Shown in an aria-live region of the page; the newest one stands until it is closed or replaced."""

    text: str = ""
    is_problem: bool = False

    @rx.event
    @anyone
    def close(self) -> None:
        """Takes the notice away."""
        self.text = ""

    def _say(self, text: str, *, problem: bool) -> None:
        self.text = text
        self.is_problem = problem
