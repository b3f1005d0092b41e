"""The merchant's side of payments on every width: what was paid, giving it back, connecting an account."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.axe import violations
from tests.browser.conftest import Server
from tests.browser.people import PHONE, open_live
from tests.browser.test_paying import bill_at_office, go_and_pay, office, phone, shop

__all__ = ["office", "shop"]  # fixtures
PATIENCE = 200
WRONG = {"secret_key": "sk_test_nobodys_key_4711", "webhook_secret": "whsec_nobodys_4711"}


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_giving_back_fits_beside_what_was_paid(
    browser: Browser, shop: tuple[Server, list[str]], office: BrowserContext
) -> None:
    client, _ = phone(browser, shop[1][0])
    go_and_pay(client, "stripe", "120,00 €")
    expect(client.get_by_test_id("payment-notice")).to_contain_text("est reçu")
    desk = bill_at_office(office, client)
    pocket = browser.new_context(base_url=shop[0].origin, storage_state=office.storage_state(), **PHONE)
    for page in (desk, open_live(pocket, desk.url)):
        page.get_by_test_id("refund").click()
        payment = page.get_by_test_id("payment")
        expect(payment.get_by_label("Montant")).to_be_visible()
        label = payment.get_by_text("Stripe", exact=False).first.bounding_box()
        button = payment.get_by_role("button", name="Rembourser par").bounding_box()
        assert label and button
        # In one line each, not letter below letter.
        assert (label["width"] > 60, label["height"] < 70, button["height"] < 60) == (True, True, True)
        assert fits(page)
    pocket.close()
    client.context.close()


@pytest.mark.parametrize("mode", ["test", "live"])
def test_keys_that_are_refused_say_so_in_their_dialog_and_are_nowhere(
    office: BrowserContext, shop: tuple[Server, list[str]], mode: str
) -> None:
    frames: list[str] = []
    page = open_live(office, "/app/settings")
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(str(frame))))
    page.reload()
    expect(page.get_by_test_id("live")).to_be_visible()
    page.get_by_test_id("connect-stripe").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("[name=mode]").select_option(mode)
    for name, value in WRONG.items():
        dialog.locator(f"[name={name}]").fill(value)
    dialog.get_by_role("button", name="Vérifier et connecter").click()
    notice = dialog.get_by_test_id("notice")
    expect(notice).to_contain_text("pas acceptées dans ce mode")
    told = [page.content(), *frames, *(path.read_bytes().decode("latin-1") for path in files(shop[0]))]
    assert len(frames) > 1
    assert [text for text in told if any(value in text for value in WRONG.values())] == []
    # Within reach: outside a modal dialog nothing can be pressed.
    notice.get_by_role("button", name="Fermer").click()
    expect(notice).to_have_text("")
    dialog.get_by_role("button", name="Vérifier et connecter").click()
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    expect(page.get_by_test_id("notice")).to_be_attached()
    page.close()


def test_what_was_paid_out_is_listed_with_its_bills_and_taken_along(
    browser: Browser, shop: tuple[Server, list[str]], office: BrowserContext, tmp_path: Path
) -> None:
    client, _ = phone(browser, shop[1][1])
    go_and_pay(client, "stripe", "671,15 €")
    number = client.get_by_test_id("doc-number").inner_text().split()[0]
    page = open_live(office, "/app/payments")
    page.get_by_role("link", name="Versements").click()
    line = page.get_by_test_id("payout-line").filter(has_text=number)
    for _ in range(PATIENCE):
        # The providers are asked once in five seconds, however often the button is pressed.
        page.get_by_test_id("ask-payouts").click()
        expect(page.get_by_test_id("ask-payouts")).to_be_enabled()
        if page.get_by_test_id("payout-row").count():
            break
    expect(page.get_by_test_id("payout-row").first).to_contain_text("Versé")
    assert violations(page) == []
    page.get_by_test_id("payout-row").first.get_by_role("link").first.click()
    expect(line).to_contain_text("660,83 €")
    assert violations(page) == []
    assert fits(page)
    with page.expect_download() as download:
        page.get_by_test_id("export-payouts").click()
    download.value.save_as(tmp_path / "payouts.csv")
    heading, *lines = (tmp_path / "payouts.csv").read_bytes().decode("utf-8-sig").splitlines()
    assert heading.startswith("Versement;Arrivée;Prestataire;")
    assert [row for row in lines if f";{number};" in row and row.endswith(";671,15;10,32;660,83")]
    page.close()
    client.context.close()


def files(server: Server) -> list[Path]:
    return [path for path in server.data_dir.rglob("*") if path.is_file()]
