"""A browser walks at random through a company's pages, fills in forms and saves: no word of one document ends in another.

Each document and customer has a word of its own, and whatever is typed while it is shown carries that word.
"""

import os
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Locator, Page, TimeoutError

from tests.browser.conftest import Company
from tests.browser.objects import leave_for, live
from tests.browser.people import merchant

SOAK = os.environ.get("WEBDOC_SOAK") == "1"
WALKS = 50 if SOAK else 4
STEPS = 30 if SOAK else 12
OWNERS = {
    "documents": ("id", "title", "notes", "customer"),
    "document_lines": ("document_id", "description"),
    "messages": ("document_id", "body"),
    "customers": ("id", "name", "address", "email"),
}
"""By table: whose row it is, and the columns that people write."""
WORD = re.compile(r"(?:draft|quote|client)-(?:ambre|bambou|cedre)")


ARRIVED = "() => window.__reactRouterDataRouter?.state.navigation.state === 'idle'"

OVERTAKEN = ("interrupted by another navigation", "net::ERR_ABORTED", "Not attached to an active page")


class Elsewhere(Exception):
    """The page has gone to another object while its fields were filled in."""


@dataclass
class Walk:
    company: Company
    page: Page
    words: dict[str, str]
    chance: random.Random
    count: int = 0
    at: str = ""
    path: list[str] = field(default_factory=list)

    def step(self) -> None:
        act = self.chance.choice([self.open, self.open, self.follow, self.follow, self.follow, self.back, self.forward,
                                  self.reload, self.write, self.write, self.write, self.write])  # fmt: skip
        self.path.append(f"{act.__name__} {self.page.url.partition('/app')[2]}")
        act()

    def somewhere(self) -> str:
        id_ = self.chance.choice(list(self.words))
        if self.words[id_].startswith("client"):
            return f"/app/customers/{id_}"
        return f"/app/documents/{id_}" + self.chance.choice(["", "/edit", "/edit"])

    def open(self) -> None:
        address = self.somewhere()
        self.hurry(lambda: self.page.goto(address))

    def follow(self) -> None:
        """Without waiting until what is shown now is read."""
        if self.page.url == "about:blank":
            self.open()
        else:
            leave_for(self.page, self.somewhere())

    def back(self) -> None:
        self.hurry(self.page.go_back)

    def forward(self) -> None:
        self.hurry(self.page.go_forward)

    def reload(self) -> None:
        self.hurry(self.page.reload)

    def hurry(self, leave: Callable[[], object]) -> None:
        """Leaves the page, though a link pressed before may lead on at that very moment: the walk goes on from there."""
        try:
            leave()
        except Error as error:
            if not any(each in error.message for each in OVERTAKEN):
                raise

    def write(self) -> None:
        """Fills in what the page has for its object, and saves it, or doesn't."""
        if "/app/" not in self.page.url:
            return
        live(self.page)
        # A link pressed before may still be on its way: whose page it is to be is known once it has arrived.
        self.page.wait_for_function(ARRIVED)
        found = re.search(r"/app/(documents|customers)/([0-9a-f]{32})(/edit)?$", self.page.url)
        if not found:
            return
        self.at = self.page.url
        self.count += 1
        word = f"{self.words[found[2]]} {self.count}"
        way: Callable[[str], None] = {
            "customers": self.customer,
            "documents": self.editor if found[3] else self.message,
        }[found[1]]
        try:
            way(word)
        except (TimeoutError, Elsewhere):
            # By what was pressed before, the page was left meanwhile: the word may stand in another one's field.
            self.reload()

    def still_there(self) -> None:
        if self.page.url != self.at:
            raise Elsewhere

    def editor(self, word: str) -> None:
        form = self.page.locator("form.editor")
        if not self.ready(form):
            return
        # What is left as it was found is saved along.
        for name in self.chance.sample(["title", "notes"], self.chance.randint(0, 2)):
            form.locator(f"[name={name}]").fill(word)
        if self.chance.random() < 0.5:
            form.locator("textarea").first.fill(word)
        self.still_there()
        if self.chance.random() < 0.7:
            self.page.get_by_test_id("preview-document").click()

    def message(self, word: str) -> None:
        button = self.page.get_by_test_id("write-message")
        if not self.ready(button):
            return
        button.click()
        self.page.get_by_test_id("message-input").fill(word)
        self.still_there()
        if self.chance.random() < 0.7:
            self.page.get_by_test_id("message-send").click()

    def customer(self, word: str) -> None:
        form = self.page.locator("main form").first
        if not self.ready(form):
            return
        form.locator("[name=address]").fill(word)
        self.still_there()
        if self.chance.random() < 0.7:
            form.get_by_role("button", name="Enregistrer").click()

    def ready(self, part: Locator) -> bool:
        """A page that is not read yet has nothing to fill in; so has one that may no longer be changed."""
        live(self.page)
        self.still_there()
        return bool(part.count())


@pytest.fixture(scope="module")
def office(browser: Browser, newcomer: Company) -> Iterator[BrowserContext]:
    context = merchant(browser, newcomer.server)
    yield context
    context.close()


@pytest.fixture(scope="module")
def words(newcomer: Company) -> dict[str, str]:
    """Three customers with a draft and an issued quote each: by id, the word of each."""
    found: dict[str, str] = {}
    for name in ("ambre", "bambou", "cedre"):
        line = {"description": "Pose", "unit_price": "10"}
        owner = {"customer": {"name": f"client-{name}"}}
        texts = {"title": f"draft-{name}", "notes": f"draft-{name}"}
        draft = newcomer.post("/documents", {"kind": "quote", **owner, **texts, "lines": [line]})
        owner = {"customer_id": draft["customer"]["id"]}
        texts = {"title": f"quote-{name}", "notes": f"quote-{name}"}
        quote = newcomer.post("/documents", {"kind": "quote", **owner, **texts, "lines": [line]})
        newcomer.post(f"/documents/{quote['id']}/issue")
        found |= {
            draft["id"]: f"draft-{name}",
            quote["id"]: f"quote-{name}",
            owner["customer_id"]: f"client-{name}",
        }
    return found


@pytest.mark.parametrize("seed", range(WALKS))
def test_no_word_of_one_object_ends_in_another(
    office: BrowserContext, newcomer: Company, words: dict[str, str], seed: int
) -> None:
    page = office.new_page()
    page.set_default_timeout(5_000)
    page.set_default_navigation_timeout(30_000)
    page.on("dialog", lambda dialog: dialog.accept())
    walk = Walk(newcomer, page, words, random.Random(seed))
    walk.open()
    for _ in range(STEPS):
        walk.step()
        assert strangers(newcomer, words) == [], walk.path
    live(page) if "/app/" in page.url else None
    page.close()
    assert strangers(newcomer, words) == [], walk.path


def strangers(company: Company, words: dict[str, str]) -> list[tuple[str, str, str]]:
    """Where a word stands that is another one's: table, whose row, what it holds.

    A document's own customer is named in it.
    """
    found = []
    for table, (owner, *columns) in OWNERS.items():
        for id_, *values in company.sql(f"SELECT {owner}, {', '.join(columns)} FROM {table}"):
            if id_ not in words:
                continue
            text = " ".join(str(value) for value in values)
            allowed = {words[id_], "client-" + words[id_].partition("-")[2]}
            found += [(table, words[id_], text) for word in set(WORD.findall(text)) - allowed]
    return found
