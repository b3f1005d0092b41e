"""A whole negotiation, both sides, with real mails in between; and an answer from somebody else, that waits."""

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from email.utils import parseaddr

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser.axe import violations
from tests.browser.conftest import Company, Server, first_company, running, working_for
from tests.browser.people import client, issue_quote, merchant, open_live
from tests.factories import mails
from tests.factories.smtp import Script, serve

pytestmark = pytest.mark.browser
SECRET = "a-secret-of-the-provider"
MARIE = "marie@lenoir.example"
PATIENCE = 30


@dataclass
class Post:
    """Mails a real server took on loopback; whoever waits for one is woken by the next."""

    script: Script = field(default_factory=Script)
    news: threading.Condition = field(default_factory=threading.Condition)

    def came(self, step: str) -> None:
        if step == "taken":
            with self.news:
                self.news.notify_all()

    def next_to(self, address: str, words: str) -> Message:
        """The first mail to an address that says the words, when it has come."""

        def find() -> Message | None:
            to = [mail for mail in self.script.taken if parseaddr(str(mail["To"]))[1] == address]
            return next((mail for mail in to if words in text_of(mail)), None)

        with self.news:
            assert self.news.wait_for(find, PATIENCE), [text_of(mail) for mail in self.script.taken]
        found = find()
        assert found is not None
        return found


def text_of(mail: Message) -> str:
    """Its plain text, no-break spaces as blanks."""
    [part] = [part for part in mail.walk() if part.get_content_type() == "text/plain"]
    return bytes(part.get_payload(decode=True)).decode().replace("\N{NO-BREAK SPACE}", " ")  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def post() -> Iterator[Post]:
    found = Post()
    found.script.before = found.came
    controller = serve(found.script)
    found.port = controller.port  # type: ignore[attr-defined]
    yield found
    controller.stop()


@pytest.fixture(scope="module")
def site(post: Post, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(
        tmp_path_factory.mktemp("mails"),
        WEBDOC_SMTP_URL=f"smtp://127.0.0.1:{post.port}",  # type: ignore[attr-defined]
        WEBDOC_REPLY_ADDRESS="reply@in.example.fr",
        WEBDOC_INBOUND_SECRET=SECRET,
    ) as found:
        yield found


@pytest.fixture(scope="module")
def shop(site: Server) -> Iterator[Company]:
    with working_for(first_company(site), site) as found:
        yield found


@pytest.fixture
def counter(browser: Browser, site: Server) -> Iterator[BrowserContext]:
    context = merchant(browser, site)
    yield context
    context.close()


def arrives(site: Server, raw: bytes) -> str:
    """The provider hands over a mail."""
    headers = {"Authorization": f"Bearer {SECRET}", "Content-Type": "message/rfc822"}
    answer = httpx.post(f"{site.origin}/hooks/mail/inbound", content=raw, headers=headers)
    assert answer.status_code == 200
    return answer.text


def test_from_the_first_mail_to_the_last(
    browser: Browser, counter: BrowserContext, site: Server, post: Post
) -> None:
    desk, _ = issue_quote(counter, "Marie Lenoir", MARIE)
    number = desk.get_by_test_id("doc-number").inner_text()
    desk.get_by_test_id("send").click()
    desk.get_by_role("button", name="Envoyer le courriel").click()
    first = post.next_to(MARIE, "Voir le document")
    [link] = set(re.findall(rf"{site.origin}/d/\S+", text_of(first)))

    phone = client(browser, link)
    expect(phone.get_by_test_id("doc-number")).to_contain_text(number)
    phone.get_by_test_id("message-input").fill("Le plateau existe en chêne ?")
    phone.get_by_test_id("message-send").click()
    expect(desk.get_by_test_id("message").last).to_contain_text("en chêne ?")
    news = post.next_to(site.email, f"a écrit au sujet de {number}")
    assert "chêne" not in text_of(news)

    desk.get_by_test_id("write-message").click()
    desk.get_by_test_id("message-input").fill("kanarivogel : ne pas descendre sous 1 000 €")
    desk.get_by_test_id("internal-note").check()
    desk.get_by_test_id("message-send").click()
    expect(desk.get_by_test_id("message").last).to_contain_text("kanarivogel")
    desk.get_by_test_id("message-input").fill("Oui, au même prix.")
    desk.get_by_test_id("notify-client").check()
    desk.get_by_test_id("message-send").click()
    answer = post.next_to(MARIE, "Oui, au même prix.")
    assert link in text_of(answer)

    quoted = "".join(f"> {line}\n" for line in text_of(answer).splitlines())
    reply = mails.mail(
        parseaddr(str(answer["Reply-To"]))[1],
        f"Alors en chêne, merci !\n\nLe mar. 24 nov. 2026 à 10:12, {number} a écrit :\n\n{quoted}",
        sender=f"Marie Lenoir <{MARIE}>",
        In_Reply_To=str(answer["Message-ID"]),
    )
    assert arrives(site, reply) == "posted"
    assert arrives(site, reply) == "again"
    for page, writer in ((desk, "Marie Lenoir"), (phone, "Vous")):
        said = page.get_by_test_id("message").filter(has_text="Alors en chêne")
        expect(said).to_have_count(1)
        expect(said).not_to_contain_text("même prix")
        expect(said).to_contain_text(writer)

    phone.get_by_test_id("accept").tap()
    phone.get_by_test_id("decision-name").fill("Marie Lenoir")
    phone.get_by_test_id("decision-confirm").tap()
    expect(phone.get_by_test_id("decision-result")).to_contain_text("Marie Lenoir")
    expect(desk.get_by_test_id("talk-entry").last).to_contain_text("Accepté par Marie Lenoir")
    confirmation = post.next_to(MARIE, "Marie Lenoir a accepté le document")
    assert [part.get_content_type() for part in confirmation.walk()].count("application/pdf") == 1
    post.next_to(site.email, f"Marie Lenoir a accepté {number}")
    assert all(
        b"kanarivogel" not in mail.as_bytes() and "kanarivogel" not in text_of(mail)
        for mail in post.script.taken
    )
    phone.context.close()


def test_an_answer_from_another_address_waits_until_the_merchant_accepts_it(
    browser: Browser, counter: BrowserContext, site: Server, shop: Company, post: Post
) -> None:
    quote = shop.issue(customer={"name": "Paul Durand", "email": "paul@durand.example"})
    shop.post(f"/documents/{quote['id']}/send")
    sent = post.next_to("paul@durand.example", "Voir le document")
    address = parseaddr(str(sent["Reply-To"]))[1]
    desk = open_live(counter, f"/app/documents/{quote['id']}")
    phone = client(browser, quote["webdocument_url"])
    mother = "Jeanne Durand <jeanne@durand.example>"
    assert arrives(site, mails.mail(address, "C’est trop cher pour lui.", sender=mother)) == "held"
    absent = {"Auto_Submitted": "auto-replied", "id_": "<absent@durand.example>"}
    assert (
        arrives(site, mails.mail(address, "Absent jusqu’à lundi.", sender="paul@durand.example", **absent))
        == "automatic"
    )
    held = desk.get_by_test_id("held-mail")
    expect(held).to_have_count(2)
    expect(held.first).to_contain_text("Réponse reçue par courriel d’une autre adresse")
    expect(held.first).to_contain_text("jeanne@durand.example")
    held.first.scroll_into_view_if_needed()
    assert violations(desk) == []
    expect(
        open_live(counter, "/app").get_by_test_id("todo-row").filter(has_text="jeanne@durand.example")
    ).to_have_count(1)
    held.nth(1).get_by_role("button", name="Écarter").click()
    expect(held).to_have_count(1)
    expect(phone.get_by_test_id("message")).to_have_count(0)
    held.get_by_role("button", name="Accepter").click()
    expect(held).to_have_count(0)
    for page in (desk, phone):
        expect(page.get_by_test_id("message")).to_contain_text("Jeanne Durand (jeanne@durand.example)")
        expect(page.get_by_test_id("message")).to_contain_text("trop cher pour lui")
    assert "Absent" not in phone.content()
    bounced = {"message_id": str(sent["Message-ID"]), "event": "bounced", "reason": "550 no such mailbox"}
    answer = httpx.post(
        f"{site.origin}/hooks/mail/events", json=bounced, headers={"Authorization": f"Bearer {SECRET}"}
    )
    assert answer.json() == {"known": 1}
    delivery = desk.get_by_test_id("delivery")
    expect(delivery).to_have_attribute("data-state", "bounced")
    expect(delivery).to_contain_text("550 no such mailbox")
    phone.context.close()
