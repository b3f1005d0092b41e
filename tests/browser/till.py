"""A company connected to emulated providers that live in the test's own process, and what people do to pay."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import Company, first_company, open_page, running, working_for
from tests.browser.people import PHONE, merchant, open_live
from tests.emulators.running import Emulators, emulators


@dataclass(frozen=True)
class Till:
    """`office` is the merchant's browser."""

    company: Company
    providers: Emulators
    browser: Browser
    office: BrowserContext

    def bill(self) -> "Bill":
        """A fresh bill of 120,00 €."""
        made = self.company.issue("invoice")
        return Bill(self, str(made["id"]), str(made["number"]), str(made["webdocument_url"]))


@dataclass(frozen=True)
class Bill:
    till: Till
    id: str
    number: str
    link: str

    def phone(self, *, scripts: bool = True) -> Page:
        """The client's page on a phone of its own."""
        return open_page(self.till.browser, self.link, scripts=scripts, **PHONE)[0]

    def desk(self) -> Page:
        """The merchant's page."""
        return open_live(self.till.office, f"/app/documents/{self.id}")

    def ledger(self) -> list[int]:
        """Its lines in cents, the smallest first."""
        query = "SELECT amount_minor FROM payments WHERE document_id = ? ORDER BY amount_minor"
        return [amount for (amount,) in self.till.company.sql(query, self.id)]


@contextmanager
def till(browser: Browser, data_dir: Path, keys: dict[str, dict[str, str]]) -> Iterator[Till]:
    """A server of its own, whose company is connected with these keys."""
    with (
        emulators() as providers,
        running(data_dir, WEBDOC_LIMITS="0", **providers.environment) as server,
        working_for(company_id := first_company(server), server) as company,
    ):
        providers.know({name: _connected(company, company_id, name, keys[name], providers) for name in keys})
        office = merchant(browser, server)
        yield Till(company, providers, browser, office)
        office.close()


def _connected(
    company: Company, company_id: str, provider: str, keys: dict[str, str], providers: Emulators
) -> str:
    """Where the account's webhooks go."""
    arguments = ("--company", company_id, "--provider", provider, "--mode", "test")
    made = company.run("payments", "connect", *arguments, given=json.dumps(keys), **providers.environment)
    return f"{company.server.origin}/hooks/{provider}/{json.loads(made.stdout)['account_id']}"


def go(page: Page, provider: str) -> None:
    """To the provider's page."""
    page.get_by_test_id(f"pay-{provider}").tap()
    page.wait_for_url("**/pay/**")


def press(page: Page, button: str = "Payer") -> None:
    """On the provider's page, which leads back."""
    page.get_by_role("button", name=button).first.tap()
    page.wait_for_url("**/d/**")


def pay_and_stay(page: Page) -> None:
    """On the provider's page, whose form is sent as its button would; the way back is not taken."""
    answer = page.request.post(page.url, form={"act": "pay"}, max_redirects=0)
    assert answer.status == 303


def expect_status(page: Page, word: str) -> None:
    """Of either side's page."""
    is_clients = "/d/" in page.url
    expect(page.get_by_test_id("doc-status" if is_clients else "status-bar")).to_contain_text(word)
