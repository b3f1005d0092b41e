"""Paying in a browser, on a phone, against the emulated providers; the merchant's page follows."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import ROOT, Server, open_page
from tests.browser.people import PHONE, merchant, open_live
from tests.emulators.base import DECLINED_CARD
from tests.serving.processes import free_port

LINKS = 4


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, list[str]]]:
    """`make demo-payments`, and the links of the bills to pay it prints."""
    port, data_dir = free_port(), tmp_path_factory.mktemp("payments")
    environment = {**os.environ, "WEBDOC_PORT": str(port), "WEBDOC_DATA_DIR": str(data_dir)}
    command = [sys.executable, "-m", "tests.emulators"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        links: list[str] = []
        email = password = ""
        for line in process.stdout:
            if found := re.match(r"Connexion : (\S+) +mot de passe : (\S+)", line.replace("\xa0", " ")):
                email, password = found[1], found[2]
            if found := re.match(r"Lien client : (\S+)", line):
                links.append(found[1])
            if len(links) == LINKS:
                break
        try:
            yield Server(f"http://localhost:{port}", email, password, links[0], data_dir), links
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=20)


@pytest.fixture(scope="module")
def office(browser: Browser, shop: tuple[Server, list[str]]) -> Iterator[BrowserContext]:
    context = merchant(browser, shop[0])
    yield context
    context.close()


def phone(browser: Browser, link: str) -> tuple[Page, list[str]]:
    return open_page(browser, link, **PHONE)


def bill_at_office(office: BrowserContext, page: Page) -> Page:
    """The merchant's page of the bill the client looks at."""
    number = page.get_by_test_id("doc-number").inner_text().split()[0]
    desk = open_live(office, "/app/documents")
    desk.get_by_test_id("doc-row").filter(has_text=number).get_by_role("link").first.click()
    expect(desk.get_by_test_id("status-bar")).to_be_visible()
    return desk


def go_and_pay(page: Page, provider: str, amount: str) -> None:
    page.get_by_test_id(f"pay-{provider}").tap()
    page.wait_for_url("**/pay/**")
    expect(page.get_by_text(amount)).to_be_visible()
    page.get_by_role("button", name="Payer").first.tap()
    page.wait_for_url("**/d/**")


@pytest.mark.parametrize(
    ("place", "provider", "amount"),
    [(0, "stripe", "120,00 €"), (1, "paypal", "671,15 €"), (2, "payzen", "50,40 €")],
)
def test_a_bill_is_paid_and_both_sides_follow(
    browser: Browser,
    shop: tuple[Server, list[str]],
    office: BrowserContext,
    place: int,
    provider: str,
    amount: str,
) -> None:
    page, complaints = phone(browser, shop[1][place])
    desk = bill_at_office(office, page)
    for each in ("stripe", "paypal", "payzen"):
        expect(page.get_by_test_id(f"pay-{each}")).to_be_in_viewport()
    go_and_pay(page, provider, amount)
    expect(page.get_by_test_id("payment-notice")).to_contain_text(f"Votre paiement de {amount} est reçu.")
    expect(page.get_by_test_id("doc-status")).to_have_text("Payé")
    expect(page.get_by_test_id(f"pay-{provider}")).to_have_count(0)
    expect(desk.get_by_test_id("status-bar")).to_contain_text("Payé")
    receipt = page.get_by_test_id("receipt").evaluate("link => link.href")
    answer = page.request.get(receipt)
    assert (answer.status, answer.body()[:5]) == (200, b"%PDF-")
    assert complaints == []
    page.context.close()
    desk.close()


def test_a_refused_card_and_a_way_out_are_told_as_they_are(
    browser: Browser, shop: tuple[Server, list[str]]
) -> None:
    page, complaints = phone(browser, shop[1][3])
    page.get_by_test_id("pay-stripe").tap()
    page.wait_for_url("**/pay/**")
    page.get_by_label("Carte").fill(DECLINED_CARD)
    page.get_by_role("button", name="Payer").tap()
    expect(page.get_by_role("alert")).to_contain_text("refusée")
    page.get_by_role("button", name="Annuler").tap()
    page.wait_for_url("**/d/**")
    expect(page.get_by_test_id("payment-notice")).to_contain_text("a été refusé")
    page.get_by_test_id("pay-payzen").tap()
    page.wait_for_url("**/pay/**")
    page.get_by_role("button", name="Prélèvement").tap()
    page.wait_for_url("**/d/**")
    expect(page.get_by_test_id("live")).to_be_visible()
    expect(page.get_by_test_id("payment-notice")).to_contain_text(re.compile("en cours|est reçu"))
    # The bank confirms a little later, and the page says so by itself.
    expect(page.get_by_test_id("payment-notice")).to_contain_text("est reçu", timeout=20_000)
    assert complaints == []
    page.context.close()


def test_money_is_given_back_and_the_open_page_follows(
    browser: Browser, shop: tuple[Server, list[str]], office: BrowserContext
) -> None:
    page, _ = phone(browser, shop[1][0])
    expect(page.get_by_test_id("doc-status")).to_have_text("Payé")
    desk = bill_at_office(office, page)
    desk.get_by_test_id("refund").click()
    desk.get_by_test_id("payment").get_by_label("Montant").fill("20,00")
    desk.get_by_role("button", name="Rembourser par le prestataire").click()
    expect(page.get_by_test_id("net-to-pay")).to_have_text("20,00 €")
    expect(page.get_by_test_id("pay-paypal")).to_contain_text("20,00")
    desk.get_by_test_id("refund").click()
    desk.get_by_test_id("payment").get_by_label("Montant").first.fill("100,00")
    desk.get_by_role("button", name="Rembourser par le prestataire").click()
    expect(page.get_by_test_id("doc-status")).to_have_text("Remboursé")
    page.context.close()
    desk.close()


def test_without_any_script_the_same_form_pays(browser: Browser, shop: tuple[Server, list[str]]) -> None:
    page, _ = open_page(browser, shop[1][0], scripts=False)
    page.get_by_test_id("pay-paypal").click()
    page.wait_for_url("**/pay/**")
    page.get_by_role("button", name="Payer").first.click()
    page.wait_for_url("**/d/**")
    expect(page.get_by_test_id("doc-status")).to_have_text("Payé")
    page.context.close()


def test_settings_show_accounts_and_no_key(office: BrowserContext) -> None:
    page = open_live(office, "/app/settings")
    accounts = page.get_by_test_id("payment-accounts")
    for name in ("Stripe", "PayPal", "PayZen"):
        expect(accounts.get_by_role("listitem").filter(has_text=name)).to_contain_text("Test")
    page.get_by_test_id("connect-payzen").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Mode").select_option("test")
    dialog.get_by_label("Identifiant de la boutique").fill("12345678")
    dialog.get_by_label("Mot de passe REST").fill("testpassword_of_someone_else")
    dialog.get_by_role("button", name="Vérifier et connecter").click()
    expect(page.get_by_text("Ces clés ne sont pas acceptées dans ce mode.")).to_be_visible()
    assert "emulated0001" not in page.content()
    page.close()
