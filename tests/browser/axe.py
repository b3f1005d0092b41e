"""Accessibility of a page as axe-core judges it: https://github.com/dequelabs/axe-core."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# WCAG 2.0 to 2.2, levels A and AA, and what axe-core calls good practice.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
axe = Axe()


def violations(page: Page, only: str = "") -> list[str]:
    """What is wrong with the page as it stands, one line an element: rule, element, why. Empty where all is well.

    By all rules, or by the one named `only`. The script goes in by the browser's debugging protocol, which no
    policy of the page concerns.
    """
    rules = {"type": "rule", "values": [only]} if only else {"type": "tag", "values": RULES}
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe.axe_script)
    found = page.evaluate(
        "options => axe.run(options).then(({ violations }) => violations)",
        {"runOnly": rules, "resultTypes": ["violations"]},
    )
    return [_line(rule, node) for rule in found for node in rule["nodes"]]


def _line(rule: dict[str, Any], node: dict[str, Any]) -> str:
    place = " ".join(str(step) for step in node["target"])
    why = " ".join(check["message"] for check in [*node["any"], *node["all"], *node["none"]])
    return f"{rule['id']}: {place}: {why or rule['help']}: {node['html'][:200]}"


def wrong_in_both_themes(page: Page) -> list[str]:
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    found = violations(page)
    page.emulate_media(color_scheme="dark")
    found += violations(page, "color-contrast")
    return found
