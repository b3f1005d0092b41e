"""Two objects of each kind, whose words are nobody else's, and what a page holds of them: every field, hidden ones too."""

import re
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import BrowserContext, Page, WebSocketRoute, expect

from tests.browser.conftest import Company

FIELDS = """() => Object.fromEntries([...document.querySelectorAll("main form, aside form, .actions form")].flatMap(
  (form, place) => [...form.elements].filter((f) => f.name).map((f) => [
    `${place}.${f.name}${f.type === "radio" || f.type === "checkbox" ? "=" + f.value : ""}`,
    f.type === "checkbox" || f.type === "radio" ? String(f.checked) : f.value])))"""
WORDS = """() => {
  const all = document.querySelector("main")?.cloneNode(true) ?? document.createElement("main");
  all.querySelectorAll("option").forEach((one) => one.remove());
  return [all.innerText, ...[...document.querySelectorAll("main input, main textarea")].map((f) => f.value)].join(" ");
}"""
ANEW = re.compile(r"\.(key|nonce|code_nonce)$|\.line\.new-")
"""Drawn at each reading: two pages of the same object differ in them."""


@dataclass(frozen=True)
class Deal:
    """A customer of their own with a draft, an issued quote and a bill; `word` stands in every text of theirs."""

    word: str
    customer: str
    draft: str
    quote: str
    quote_link: str
    bill: str
    bill_link: str


def deal(company: Company, word: str, *, language: str, price: str, deposit: str | None) -> Deal:
    customer = {"name": f"Client {word}", "email": f"{word}@example.org", "address": f"1 rue {word}"}
    texts = {
        "title": f"Objet {word}",
        "notes": f"Notes {word}",
        "language": language,
        "lines": [{"description": f"Ligne {word}", "unit_price": price}],
    }
    draft = company.post("/documents", {"kind": "quote", "customer": customer, **texts})
    owner = {"customer_id": draft["customer"]["id"]}
    quote = {"kind": "quote", **owner, **texts} | ({"deposit_percent": deposit} if deposit else {})
    issued = [
        company.post(f"/documents/{company.post('/documents', body)['id']}/issue")
        for body in (quote, {"kind": "invoice", **owner, **texts})
    ]
    links = [one["webdocument_url"] for one in issued]
    return Deal(word, owner["customer_id"], draft["id"], issued[0]["id"], links[0], issued[1]["id"], links[1])


def fields_of(page: Page) -> dict[str, str]:
    """Every named field of the page and what it holds, by the form it stands in."""
    found: dict[str, str] = page.evaluate(FIELDS)
    return {name: value for name, value in found.items() if not ANEW.search(name)}


def words_of(page: Page) -> str:
    """What is read on the page and in its fields, but for what a list offers to choose."""
    return str(page.evaluate(WORDS))


def until_it_reads(page: Page, word: str) -> None:
    """The page before may still stand there for a moment after the address has changed."""
    page.wait_for_function(f"(word) => ({WORDS})().includes(word)", arg=word)


def stored(company: Company, document: str) -> dict[str, Any]:
    """What the database says the editor's fields hold."""
    names = (
        "kind",
        "customer_id",
        "title",
        "notes",
        "valid_until",
        "due_date",
        "deposit_percent",
        "language",
    )
    row = company.sql(f"SELECT {', '.join(names)} FROM documents WHERE id = ?", document)[0]
    return {name: "" if value is None else str(value) for name, value in zip(names, row, strict=True)}


def live(page: Page) -> None:
    expect(page.get_by_test_id("live")).to_be_visible(timeout=15_000)


def by_link(page: Page, address: str) -> None:
    """As a link within the application does it: the router follows, nothing is loaded anew."""
    leave_for(page, address)
    page.wait_for_url(f"**{address}")


def leave_for(page: Page, address: str) -> None:
    """Presses such a link, and doesn't wait where it leads."""
    page.wait_for_function("() => window.__reactRouterDataRouter")
    page.evaluate("(to) => { window.__reactRouterDataRouter.navigate(to); }", address)


class Slow:
    """A page whose server's words may be held back, and come late."""

    def __init__(self, context: BrowserContext) -> None:
        self.page = context.new_page()
        self._held: list[str | bytes] | None = None
        self._page_end: WebSocketRoute | None = None
        self.page.route_web_socket(re.compile(r"/_event"), self._connect)

    def hold(self) -> None:
        self._held = []

    def release(self) -> None:
        held, self._held = self._held or [], None
        for message in held:
            assert self._page_end
            self._page_end.send(message)

    @property
    def held(self) -> int:
        return len(self._held or [])

    def _connect(self, page_end: WebSocketRoute) -> None:
        self._page_end = page_end
        server_end = page_end.connect_to_server()

        def heard(message: str | bytes) -> None:
            if self._held is not None and self._page_end is page_end:
                self._held.append(message)
            else:
                page_end.send(message)

        server_end.on_message(heard)
