"""Every answer of every address says what a browser may do with it, and nothing of it comes from the request."""

import re

import httpx
import pytest

from tests.live.site import Site

ALWAYS = (
    "content-security-policy",
    "x-content-type-options",
    "referrer-policy",
    "permissions-policy",
    "cross-origin-opener-policy",
)
STRANGERS = (
    ("GET", "/"), ("GET", "/index.html"), ("GET", "/login"), ("GET", "/signup"), ("GET", "/forgot"),
    ("GET", "/reset/x"), ("GET", "/health"), ("GET", "/metrics"), ("GET", "/ping"), ("GET", "/_health"),
    ("GET", "/_event/"), ("GET", "/nothing"), ("GET", "/nothing/at/all.html"), ("GET", "/app"),
    ("GET", "/app/"), ("GET", "/app/documents"), ("GET", "/en/app"), ("GET", "/app/nothing"),
    ("GET", "/app/a.b"), ("GET", "/en/app/documents/a.b"), ("GET", "/app/index.html"), ("GET", "/404.html"),
    ("GET", "/__spa-fallback.html"), ("GET", "/app/documents/index.html"), ("GET", "//app"),
    ("GET", "/x/../app"), ("GET", "/theme.css"), ("GET", "/favicon.ico"), ("GET", "/assets/nothing.js"),
    ("GET", "/api/v1/openapi.json"), ("GET", "/api/v1/documents"), ("GET", "/api/v1/nothing"),
    ("POST", "/api/v1/documents"), ("PUT", "/login"), ("DELETE", "/app"), ("POST", "/login"),
    ("POST", "/hooks/stripe/x"), ("POST", "/hooks/mail/inbound"), ("GET", "/return/x"),
    ("GET", "/unsubscribe/x"), ("GET", "/d/x"), ("GET", "/d/x/pdf"), ("GET", "/en/d/x"), ("POST", "/d/x/decision"),
    ("GET", "/d/"), ("OPTIONS", "/app"), ("HEAD", "/app"), ("GET", "/robots.txt"),
)  # fmt: skip
BELOW_A_LINK = ("", "/pdf", "/pdf?download=1", "/certificate", "/nothing", "/receipts/1", "/files/1")
OF_A_MEMBER = (
    "/app", "/app/documents", "/app/customers", "/app/settings", "/app/outbox", "/app/payments",
    "/app/payments/payouts", "/app/payments/export.csv", "/app/payments/payouts.csv", "/app/documents/{id}",
    "/app/documents/{id}/pdf", "/app/documents/{id}/preview", "/app/documents/{id}/edit", "/app/nothing", "/en/app",
)  # fmt: skip


def faults(answer: httpx.Response) -> list[str]:
    headers = answer.headers
    policy = headers.get("content-security-policy", "")
    scripts = re.search(
        r"(?:script|default)-src ([^;]*)", policy.replace("default-src", "zz", 1)
    ) or re.search(r"default-src ([^;]*)", policy)
    found = [f"without {name}" for name in ALWAYS if name not in headers]
    if answer.status_code >= 500:
        found.append(f"answers {answer.status_code}")
    if scripts is None or "unsafe" in scripts[1] or "*" in scripts[1]:
        found.append(f"lets scripts in: {policy}")
    if "frame-ancestors 'none'" not in policy and headers.get("x-frame-options") != "DENY":
        found.append("may be framed")
    if answer.headers.get("content-type", "").startswith("application/pdf"):
        inline = "default-src 'none'; style-src 'unsafe-inline'"
        wanted = "sandbox" if headers["content-disposition"].startswith("attachment") else inline
        if wanted not in policy:
            found.append(f"a PDF under {policy}")
    return [f"{answer.request.method} {answer.request.url.raw_path.decode()} {fault}" for fault in found]


def test_every_answer_to_a_stranger_has_its_policy(site: Site) -> None:
    link = site.ours.issue("invoice")["webdocument_url"]
    asked = [(method, site.origin + path) for method, path in STRANGERS]
    asked += [("GET", link + tail) for tail in BELOW_A_LINK] + [("POST", link + "/decision"), ("PUT", link)]
    found = [fault for method, url in asked for fault in faults(site.browser.request(method, url))]
    assert found == []


def test_every_answer_to_a_member_has_its_policy(site: Site) -> None:
    document = site.ours.issue("invoice")
    with httpx.Client(base_url=site.origin, headers={"cookie": site.ours.cookie}, timeout=30) as member:
        paths = [path.format(id=document["id"]) for path in OF_A_MEMBER]
        found = [fault for path in paths for fault in faults(member.get(path))]
        assert found == []
        page = member.get("/app")
        assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
        assert "'sha256-" in page.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path", ["/", "/app", "/app/", "/app/documents", "/app/documents/", "/en/app", "/index.html"]
)
def test_no_redirect_leads_to_the_host_a_request_names(site: Site, path: str) -> None:
    for cookie in ("", site.ours.cookie):
        headers = {"host": "evil.example", "x-forwarded-host": "evil.example", "cookie": cookie}
        assert "evil.example" not in site.browser.get(site.origin + path, headers=headers).headers.get(
            "location", ""
        )


@pytest.mark.parametrize(
    "path", ["/app/a.b", "/en/app/documents/a.b", "/app/index.html", "//app", "/app/documents/index.html"]
)
def test_no_page_of_the_merchants_opens_to_a_stranger_by_another_writing(site: Site, path: str) -> None:
    answer = site.browser.get(site.origin + path)
    assert answer.status_code in (303, 404)
    assert "modulepreload" not in answer.text
    assert answer.headers["cache-control"] == "no-store"


def test_what_the_server_counts_is_told_on_this_machine_alone(site: Site) -> None:
    assert "webdoc_events" in site.browser.get(f"{site.origin}/metrics").text
    through_a_proxy = site.browser.get(f"{site.origin}/metrics", headers={"x-forwarded-for": "203.0.113.9"})
    assert through_a_proxy.status_code == 403


def test_one_hostile_cookie_stops_nobody(site: Site) -> None:
    """Half a minute of the whole server before Python 3.11.10 and 3.12.6, where `http.cookies` reads it."""
    cookie = 'webdoc="' + "\\" * 30_000 + '"'
    for path in ("/login", "/app", "/health", site.ours.issue()["webdocument_url"].removeprefix(site.origin)):
        answer = httpx.get(site.origin + path, headers={"cookie": cookie}, timeout=5)
        assert answer.status_code in (200, 303)
