"""The judge itself: a page known to be wrong is found wrong, whatever its policy; a sound one is not."""

import pytest
from playwright.sync_api import Browser

from tests.browser.axe import violations

pytestmark = pytest.mark.browser
PAGE = """<!doctype html><html lang="fr"><head><title>Page</title>
<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'"></head>
<body><main><h1>Page</h1>{}</main></body></html>"""


def test_a_fault_is_named_with_its_place(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content(PAGE.format("<p>Bonjour</p>"))
    assert violations(page) == []
    page.set_content(PAGE.format('<p style="color:#aaa">Bonjour</p><input id="nom">'))
    assert [line.split(":")[0] for line in sorted(violations(page))] == ["color-contrast", "label"]
    assert any("#nom" in line for line in violations(page))
    page.close()
