"""Markup, scripts and turned-around text in every field a person or a program fills: shown as text, never run."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import Company, open_page
from tests.browser.people import open_live

pytestmark = pytest.mark.browser
TURNED = "\u202egnp.erutcaf"
MARKUP = "<img src=x onerror=document.body.dataset.run=1><script>document.body.dataset.run=1</script>{{7*7}}"


def hostile(field: str) -> str:
    """A text that names where it stands."""
    return f"{field} {MARKUP} {TURNED}"


@pytest.fixture
def hostile_company(company: Company) -> Iterator[Company]:
    names = ("name", "terms", "legal_form", "address")
    [before] = company.sql(f"SELECT {', '.join(names)} FROM companies")
    company.sql(
        f"UPDATE companies SET {', '.join(f'{name} = ?' for name in names)}",
        *(hostile(name) for name in names),
    )
    yield company
    company.sql(f"UPDATE companies SET {', '.join(f'{name} = ?' for name in names)}", *before)


def nothing_ran(page: Page) -> None:
    assert page.evaluate("() => document.body.dataset.run ?? ''") == ""
    assert page.locator("img[src=x]").count() == 0
    assert "49" not in page.locator("bdi", has_text="onerror").first.inner_text()


def test_nothing_that_was_written_is_ever_run(
    browser: Browser, desk: BrowserContext, hostile_company: Company
) -> None:
    quote = hostile_company.issue(
        customer={
            "name": hostile("customer"),
            "email": "claire@fontaine.example",
            "address": hostile("street"),
        },
        title=hostile("title"),
        notes=hostile("notes"),
        lines=[
            {"description": hostile("line"), "unit": "<b>u", "unit_price": "100"},
            {"description": hostile("option"), "unit_price": "10", "optional": True},
        ],
    )
    hostile_company.post(f"/documents/{quote['id']}/messages", {"body": hostile("message")})
    client, complaints = open_page(browser, quote["webdocument_url"])
    nothing_ran(client)
    for field in ("name", "customer", "street", "title", "notes", "line", "option", "message", "terms"):
        expect(client.locator("bdi", has_text=f"{field} <img").first).to_be_attached()
    client.get_by_test_id("message-input").fill(hostile("answer"))
    client.get_by_test_id("message-send").click()
    expect(client.get_by_test_id("message").last).to_contain_text("answer <img")
    client.get_by_test_id("accept").click()
    client.get_by_test_id("decision-name").fill(hostile("person")[:200])
    client.get_by_label("Votre qualité").fill(hostile("quality")[:200])
    client.get_by_test_id("decision-reason").fill(hostile("reason"))
    client.get_by_test_id("decision-confirm").click()
    expect(client.get_by_test_id("decision-result")).to_contain_text("person <img")
    nothing_ran(client)
    assert complaints == []
    address = client.get_by_test_id("certificate").get_attribute("href")
    certificate = client.request.get(f"{hostile_company.server.origin}{address}")
    assert (certificate.status, certificate.body()[:4]) == (200, b"%PDF")
    client.context.close()

    merchant = open_live(desk, f"/app/documents/{quote['id']}")
    expect(merchant.get_by_test_id("client-answer")).to_contain_text("reason <img")
    expect(merchant.get_by_test_id("client-answer")).to_contain_text("quality <img")
    nothing_ran(merchant)
    for address in ("/app", f"/app/documents?q={quote['number']}", "/app/customers", "/app/outbox"):
        nothing_ran(open_live(desk, address))
