"""An address that leads nowhere says so in words, in the reader's language, with the headers of every page."""

import pytest

from tests.live.site import Site

NOWHERE = ["/x", "/x/y", "/404", "/en", "/fr/app", "/login/x", "/index.html", "/404.html", "/__spa-fallback.html", "/d", "/favicon.icoo"]  # fmt: skip
BELOW_APP = ["/app/nothing", "/app/documents/x/y/z", "/app/a.b", "/app/index.html"]


@pytest.mark.parametrize("path", NOWHERE + BELOW_APP)
def test_an_unknown_page_says_so_in_words(site: Site, path: str) -> None:
    cookie = {"Cookie": site.ours.cookie} if path in BELOW_APP else {}
    for language, words in (("fr", "Cette page n’existe pas"), ("en", "This page does not exist")):
        spoken = "fr" if cookie else language  # the company's own
        answer = site.browser.get(site.origin + path, headers={"Accept-Language": language, **cookie})
        assert answer.status_code == 404
        assert f'lang="{spoken}"' in answer.text
        assert cookie or words in answer.text
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"


def test_the_bare_address_is_no_blank_page(site: Site) -> None:
    for cookie, address in (({}, "/login"), ({"Cookie": site.ours.cookie}, "/app")):
        answer = site.browser.get(site.origin + "/", headers=cookie)
        assert (answer.status_code, answer.headers["location"]) == (303, address)
