"""Settings of mails: words are checked and seen as they are typed, the mail that leaves says the same."""

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser.axe import violations
from tests.browser.conftest import Company
from tests.browser.people import open_live
from webdoc_app.reads.client_html import unsubscribe_page

pytestmark = pytest.mark.browser
SETTINGS = "/app/settings/mails"


def test_a_mail_is_worded_previewed_sent_and_as_usual_again(desk: BrowserContext, company: Company) -> None:
    page = open_live(desk, SETTINGS)
    mail = page.frame_locator("[data-testid=preview-html]")
    expect(page.get_by_test_id("preview-subject")).to_contain_text("Devis D-")
    expect(mail.get_by_role("link", name="Voir le document")).to_be_visible()
    expect(page.get_by_role("button", name="Revenir au texte d’origine")).to_have_count(0)

    body = page.locator("textarea[name=body]")
    body.fill("Il reste %(reste)s")
    expect(page.locator("#body-problem")).to_contain_text("« %(reste)s » n’est pas une variable")
    expect(body).to_have_attribute("aria-invalid", "true")
    page.get_by_role("button", name="Enregistrer le courriel").click()
    expect(page.locator("#body-problem")).to_be_visible()
    assert company.sql("SELECT count(*) FROM mail_wordings") == [(0,)]

    page.locator("input[name=subject]").fill("Pour vous : %(number)s")
    body.fill("<img src=x onerror=alert(1)> Voici %(number)s, soit %(amount)s.")
    expect(mail.get_by_text("<img src=x onerror=alert(1)> Voici D-")).to_be_visible()
    expect(page.locator("#body-problem")).to_be_hidden()
    page.get_by_role("button", name="Enregistrer le courriel").click()
    expect(page.get_by_test_id("notice")).to_contain_text("Le courriel est enregistré.")
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page, "color-contrast") == []

    quote = company.issue()
    company.post(f"/documents/{quote['id']}/send")
    [(subject, text)] = company.sql(
        "SELECT subject, text_body FROM outbox_mails WHERE document_id = ?", quote["id"]
    )
    assert subject == f"Pour vous : {quote['number']}"
    assert f"Voici {quote['number']}, soit 120,00" in text

    page.reload()
    expect(page.locator("input[name=subject]")).to_have_value("Pour vous : %(number)s")
    page.get_by_test_id("mail-language").select_option("en")
    expect(page.locator("input[name=subject]")).to_have_value("Quote %(number)s · %(company)s")
    page.get_by_test_id("mail-kind").select_option("code")
    expect(page.get_by_test_id("preview-subject")).to_contain_text("Your code")
    page.locator("textarea[name=body]").fill("Hello")
    expect(page.locator("#body-problem")).to_contain_text("%(code)s")

    page.get_by_test_id("mail-language").select_option("fr")
    page.get_by_test_id("mail-kind").select_option("document.quote")
    page.get_by_role("button", name="Revenir au texte d’origine").click()
    expect(page.locator("input[name=subject]")).to_have_value("Devis %(number)s · %(company)s")
    assert company.sql("SELECT count(*) FROM mail_wordings") == [(0,)]
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.close()


def test_the_pdf_goes_along_where_the_box_is_ticked(desk: BrowserContext, company: Company) -> None:
    quote = company.issue()
    page = open_live(desk, f"/app/documents/{quote['id']}")
    page.get_by_test_id("send").click()
    box = page.get_by_label("Joindre le PDF").first
    expect(box).not_to_be_checked()
    box.check()
    page.get_by_role("button", name="Envoyer le courriel").first.click()
    expect(page.get_by_test_id("notice")).to_contain_text("Le courriel part.")
    [(files,)] = company.sql("SELECT attachments FROM outbox_mails WHERE document_id = ?", quote["id"])
    assert quote["id"] in files
    page.close()


@pytest.mark.parametrize("is_stopped", [False, True])
def test_the_page_that_stops_reminders_reads_well(browser: Browser, is_stopped: bool) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.set_content(
        unsubscribe_page("fr", "Atelier <b>", "claire@fontaine.example", "x", is_stopped=is_stopped)
    )
    expect(page.get_by_text("Atelier <b>")).to_be_visible()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        assert violations(page) == []
    page.close()
