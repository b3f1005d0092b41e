"""The shell with a document in it, made from a build written here in the shape Reflex gives it."""

import base64
import hashlib
import json
import re
from html import unescape

import pytest

from webdoc_app.http import shell
from webdoc_app.settings import settings

BUILT = (
    '<!DOCTYPE html><html lang="fr"><head><meta charSet="utf-8"/>'
    '<link as="style" href="/assets/styles.css" rel="preload"/>'
    '<link rel="modulepreload" href="/assets/entry.js"/><script>theme()</script>'
    '<link href="/assets/styles.css" rel="stylesheet" type="text/css"/></head>'
    '<body><script>context()</script><script type="module" async="">import("/assets/entry.js");</script>'
    '<script src="/assets/late.js"></script></body></html>'
)
MANIFEST = {
    "routes": {
        "a": {"path": "app", "module": "/assets/app.js", "imports": []},
        "b": {
            "path": "en/d/:token",
            "module": "/assets/page.js",
            "imports": ["/assets/entry.js", "/assets/x.js"],
        },
    }
}


@pytest.fixture(autouse=True)
def built(tmp_path, monkeypatch):
    page = tmp_path / shell.SHELL
    page.parent.mkdir(parents=True)
    page.write_text(BUILT)
    assets = page.parent / "assets"
    assets.mkdir()
    (assets / "manifest-1.js").write_text(f"window.__reactRouterManifest={json.dumps(MANIFEST)};")
    (assets / "x.js").write_text("a large module")
    monkeypatch.setenv("REFLEX_WEB_WORKDIR", str(tmp_path))
    monkeypatch.setenv("WEBDOC_PORT", "4999")
    monkeypatch.delenv("WEBDOC_PUBLIC_URL", raising=False)
    cached = (settings, shell._shell, shell._shell_parts, shell._modules, shell.scripts_of)
    for function in cached:
        function.cache_clear()
    yield
    for function in cached:
        function.cache_clear()


def test_the_document_stands_before_every_script_of_the_body():
    page = shell.render_shell(lang="en", head="<title>Quote</title>", body="<main>12,00</main>")

    assert page.startswith('<!DOCTYPE html><html lang="en"><head>')
    assert re.search(r"<title>Quote</title></head><body><main>12,00</main><script[^>]*>context\(\)", page)


def test_nothing_is_fetched_or_run_ahead_of_the_document():
    before, behind = shell.render_shell(lang="fr", head="", body="<main>").split("<main>")

    links = re.findall(r"<link[^>]*>", before)
    assert all("disabled" in link or 'media="not all"' in link for link in links)
    assert "modulepreload" not in "".join(links)
    scripts = [tag for tag in re.findall(r"<script[^>]*>", before + behind) if "src=" not in tag]
    assert [tag for tag in scripts if "text/plain" not in tag] == [
        tag for tag in scripts if "data-start" in tag
    ]
    assert "disabled" not in shell.render_shell(lang="fr", head="", body="", with_stylesheet=True)


def test_what_starts_the_scripts_knows_every_module_of_the_page_the_largest_first():
    page = shell.render_shell(lang="fr", head="", body="", route="en/d/:token")

    told = dict(re.findall(r'data-(modules|start)="([^"]*)"', page))
    assert told["modules"].split() == ["/assets/x.js", "/assets/entry.js", "/assets/page.js"]
    assert unescape(told["start"]) == 'import("/assets/entry.js");'
    assert "data-waits" in page.split("theme()")[0]


def test_a_backslash_or_a_group_in_the_document_is_only_text():
    body = r"<p>\1 \g<0></p>"

    assert body in shell.render_shell(lang="fr", head=body, body=body).replace("<head>", "")


def test_the_policy_allows_the_shells_own_scripts_and_no_other_inline_one():
    expected = [
        f"'sha256-{base64.b64encode(hashlib.sha256(code).digest()).decode()}'"
        for code in (b"theme()", b"context()", b'import("/assets/entry.js");', shell._STARTER.encode())
    ]

    assert shell.script_hashes() == expected
    policy = dict(part.split(" ", 1) for part in shell.content_security_policy().split("; "))
    assert policy["script-src"].split() == ["'self'", *expected]


def test_the_policy_names_the_socket_and_the_payment_pages():
    policy = dict(
        part.split(" ", 1)
        for part in shell.content_security_policy(form_action=["https://checkout.stripe.com"]).split("; ")
    )

    assert policy["connect-src"] == "'self' ws://localhost:4999 ws://127.0.0.1:4999"
    assert policy["form-action"] == "'self' https://checkout.stripe.com"
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
