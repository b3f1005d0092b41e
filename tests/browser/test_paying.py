"""Paying in a browser, on a phone, against the emulated providers; the merchant's page follows."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.browser.axe import violations
from tests.browser.conftest import ROOT, Company, Server, open_page
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


@pytest.fixture(scope="module")
def program(shop: tuple[Server, list[str]]) -> Iterator[Company]:
    """The shop's company, as a program works for it."""
    bare = Company(shop[0], httpx.Client())
    [(company_id,)] = bare.sql("SELECT id FROM companies")
    made = bare.run("apikey", "create", "--company", company_id, "--name", "tests")
    headers = {"Authorization": f"Bearer {json.loads(made.stdout)['key']}"}
    with httpx.Client(base_url=f"{shop[0].origin}/api/v1", headers=headers, timeout=30) as client:
        yield Company(shop[0], client)


def test_a_deposit_is_asked_on_acceptance_paid_and_deducted(browser: Browser, program: Company) -> None:
    lines = [{"description": "Table", "unit_price": "1000"}]
    quote = program.issue(lines=lines, deposit_percent="30")
    page, complaints = phone(browser, quote["webdocument_url"])
    page.get_by_test_id("accept").tap()
    page.get_by_test_id("decision-name").fill("Claire Fontaine")
    page.get_by_test_id("decision-confirm").tap()
    expect(page.locator(".asked")).to_have_text("Acompte de 30 % à régler : 360,00 €")
    assert violations(page) == []
    page.get_by_test_id("pay-deposit").tap()
    expect(page.get_by_test_id("net-to-pay")).to_have_text("360,00 €")
    go_and_pay(page, "stripe", "360,00 €")
    expect(page.get_by_test_id("doc-status")).to_have_text("Payé")
    draft = program.post(f"/documents/{quote['id']}/convert", {"to": "invoice"})
    invoice = program.post(f"/documents/{draft['id']}/issue")
    assert [invoice["totals"][name] for name in ("gross", "paid", "due")] == ["1200.00", "360.00", "840.00"]
    page.goto(invoice["webdocument_url"])
    expect(page.get_by_test_id("net-to-pay")).to_have_text("840,00 €")
    expect(page.locator(".totals")).to_contain_text("Déjà réglé (acompte F-")
    assert complaints == []
    page.context.close()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_bill_is_paid_in_two_parts(browser: Browser, program: Company, scripts: bool) -> None:
    program.sql("UPDATE companies SET part_payments = 1, part_minimum_minor = 2000")
    bill = program.issue("invoice")
    page, complaints = open_page(browser, bill["webdocument_url"], scripts=scripts, **PHONE)
    page.get_by_test_id("pay-part").tap()
    page.get_by_test_id("pay-amount").fill("5")
    page.get_by_test_id("pay-part-stripe").tap()
    expect(page.get_by_role("alert")).to_contain_text("trop petit, 20,00")
    page.get_by_test_id("pay-amount").fill("50,00")
    page.get_by_test_id("pay-part-stripe").tap()
    page.wait_for_url("**/pay/**")
    expect(page.get_by_text("50,00 €")).to_be_visible()
    page.get_by_role("button", name="Payer").first.tap()
    page.wait_for_url("**/d/**")
    expect(page.get_by_test_id("doc-status")).to_have_text("Partiellement payé")
    expect(page.get_by_test_id("net-to-pay")).to_have_text("70,00 €")
    if scripts:
        expect(page.get_by_test_id("live")).to_be_visible()
        page.get_by_test_id("pay-transfer").tap()
        expect(page.get_by_role("img", name="Code QR de virement")).to_be_visible()
        assert violations(page) == []
    go_and_pay(page, "stripe", "70,00 €")
    expect(page.get_by_test_id("doc-status")).to_have_text("Payé")
    expect(page.get_by_test_id("receipt")).to_have_count(2)
    # The page of the refusal is a 422, which the console tells.
    assert [each for each in complaints if "422" not in each] == []
    page.context.close()


def test_what_was_opened_and_typed_before_the_page_is_live_stays(browser: Browser, program: Company) -> None:
    program.sql("UPDATE companies SET part_payments = 1, part_minimum_minor = 2000")
    page, _ = open_page(browser, **PHONE)
    waiting: list[Route] = []
    gate = {"open": False}

    def hold_back(route: Route) -> None:
        if gate["open"]:
            route.continue_()
        else:
            waiting.append(route)

    page.route("**/assets/*.js", hold_back)
    page.goto(program.issue("invoice")["webdocument_url"], wait_until="commit")
    page.get_by_test_id("pay-part").tap()
    page.get_by_test_id("pay-amount").fill("33,00")
    page.get_by_role("heading", level=1).tap()
    gate["open"] = True
    for route in waiting:
        route.continue_()
    expect(page.get_by_test_id("live")).to_be_visible()
    expect(page.get_by_test_id("pay-amount")).to_be_visible()
    expect(page.get_by_test_id("pay-amount")).to_have_value("33,00")
    page.context.close()


def test_the_merchant_compares_money_and_takes_it_along(
    office: BrowserContext, program: Company, tmp_path: Path
) -> None:
    bill = program.issue("invoice")
    program.post(
        f"/documents/{bill['id']}/payments",
        {"amount": "150.00", "method": "cheque", "paid_on": "2026-01-31", "reference": "=1+1"},
    )
    page = open_live(office, "/app/payments")
    row = page.get_by_test_id("ledger-row").filter(has_text=bill["number"])
    page.get_by_role("combobox", name="Mois").select_option("2026-01")
    expect(row).to_contain_text("150,00 €")
    expect(page.get_by_test_id("ledger-row")).to_have_count(1)
    trouble = page.get_by_test_id("trouble").filter(has_text=bill["number"])
    expect(trouble).to_contain_text("30,00 € ont été payés en trop.")
    assert violations(page) == []
    with page.expect_download() as download:
        page.get_by_test_id("export-payments").click()
    download.value.save_as(tmp_path / "payments.csv")
    heading, line = (tmp_path / "payments.csv").read_bytes().decode("utf-8-sig").splitlines()
    assert heading.startswith("Date;Document;Client;")
    assert f"2026-01-31;{bill['number']};" in line
    assert ";'=1+1;150,00;;150,00;EUR;" in line
    page.close()


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
