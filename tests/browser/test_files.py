"""Files from the merchant's pages: an invoice of other software, a logo, the PDF."""

import io
import os
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser.conftest import ROOT
from tests.browser.people import client, link_of, open_live

pytestmark = pytest.mark.browser
SAMPLES = Path(os.environ.get("WEBDOC_SAMPLES", ROOT.parent / "shared" / "samples" / "invoices"))


@pytest.mark.parametrize("name", ["Facture_FR_EN16931.pdf", "CII_example1.xml"])
def test_an_invoice_is_imported_and_its_client_can_open_it(
    browser: Browser, desk: BrowserContext, name: str
) -> None:
    if not (SAMPLES / name).is_file():
        pytest.skip(f"{name} is absent from {SAMPLES} (set WEBDOC_SAMPLES)")
    page = open_live(desk, "/app/documents")
    page.get_by_test_id("import-file").set_input_files(SAMPLES / name)
    expect(page.get_by_test_id("status-bar")).to_be_visible()
    number = page.get_by_test_id("doc-number").inner_text()
    phone = client(browser, link_of(page))
    expect(phone.get_by_test_id("doc-number")).to_contain_text(number)
    expect(phone.get_by_test_id("net-to-pay")).to_have_text(page.get_by_test_id("net-to-pay").inner_text())
    phone.context.close()
    again = open_live(desk, "/app/documents")
    again.get_by_test_id("import-file").set_input_files(SAMPLES / name)
    expect(again.get_by_test_id("notice")).to_contain_text("Ce fichier a déjà été importé.")


def test_a_file_that_is_no_invoice_is_refused_in_words(desk: BrowserContext) -> None:
    page = open_live(desk, "/app/documents")
    unreadable = {"name": "notes.xml", "mimeType": "text/xml", "buffer": b"<notes/>"}
    page.get_by_test_id("import-file").set_input_files(files=[unreadable])
    expect(page.get_by_test_id("notice").locator(".problem")).to_be_visible()
    expect(page.get_by_test_id("notice")).not_to_contain_text("'")


def test_a_logo_shows_on_documents_and_goes(desk: BrowserContext) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (300, 100), "#b3261e").save(picture, "PNG")
    page = open_live(desk, "/app/settings")
    logo = {"name": "logo.png", "mimeType": "image/png", "buffer": picture.getvalue()}
    page.get_by_test_id("logo-file").set_input_files(files=[logo])
    shown = page.get_by_role("img", name="Votre logo")
    expect(shown).to_be_visible()
    expect(shown).to_have_js_property("naturalWidth", 300)
    listing = open_live(desk, "/app/documents")
    listing.get_by_test_id("doc-row").first.get_by_role("link").first.click()
    on_sheet = listing.locator(".sheet img")
    expect(on_sheet).to_be_visible()
    expect(on_sheet).to_have_js_property("naturalWidth", 300)
    page.get_by_role("button", name="Retirer").click()
    expect(shown).to_have_count(0)
    listing.reload()
    expect(listing.get_by_test_id("live")).to_be_visible()
    expect(on_sheet).to_have_count(0)


def test_the_pdf_opens_beside_the_page(desk: BrowserContext) -> None:
    page = open_live(desk, "/app/documents?kind=quote&status=refused")
    page.get_by_test_id("doc-row").first.get_by_role("link").first.click()
    button = page.get_by_role("link", name="PDF", exact=True)
    expect(button).to_have_attribute("target", "_blank")
    answer = page.request.get(button.get_attribute("href") or "")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith('inline; filename="D-')
    assert answer.body().startswith(b"%PDF-")
