"""The second factor as a person meets it: set up at the desk, asked on the phone, and a device ended from the other."""

import os
import re
import time
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.axe import wrong_in_both_themes
from tests.browser.conftest import Company
from tests.browser.people import PHONE, merchant, open_live

pytestmark = pytest.mark.browser


def shot(page: Page, name: str) -> None:
    """Where a person wants to look at the pages: WEBDOC_SHOTS names a folder."""
    if folder := os.environ.get("WEBDOC_SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def is_sound(page: Page, name: str) -> None:
    """Sound to axe in both themes, no wider than the window."""
    assert wrong_in_both_themes(page) == []
    shot(page, f"{name}-{page.viewport_size['width']}-dark")
    page.emulate_media(color_scheme="light")
    shot(page, f"{name}-{page.viewport_size['width']}-light")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def switch_on(page: Page, password: str) -> tuple[pyotp.TOTP, list[str]]:
    page.get_by_test_id("two-factor-start").click()
    page.locator("input[name=password]").fill(password)
    page.get_by_test_id("two-factor-begin").click()
    phone = pyotp.TOTP(page.get_by_test_id("totp-secret").inner_text().replace(" ", ""))
    page.get_by_test_id("login-code").fill("12")
    page.get_by_test_id("two-factor-confirm").click()
    expect(page.get_by_role("alert")).to_contain_text("n’est pas le bon")
    is_sound(page, "setup")
    page.get_by_test_id("login-code").fill(phone.now())
    page.get_by_test_id("two-factor-confirm").click()
    codes = page.get_by_test_id("recovery-codes").locator("code").all_inner_texts()
    is_sound(page, "codes")
    page.get_by_role("link", name="C’est noté").click()
    return phone, codes


def enter(page: Page, company: Company, code: str) -> None:
    page.goto("/login")
    page.get_by_test_id("login-email").fill(company.server.email)
    page.get_by_test_id("login-password").fill(company.server.password)
    page.get_by_test_id("login-submit").click()
    page.get_by_test_id("login-code").fill(code)
    page.get_by_test_id("login-submit").click()


def phone_of(browser: Browser, company: Company) -> BrowserContext:
    return browser.new_context(base_url=company.server.origin, **PHONE)


def test_it_is_switched_on_asked_at_sign_in_and_a_device_is_ended(
    browser: Browser, newcomer: Company
) -> None:
    desk = merchant(browser, newcomer.server)
    page = open_live(desk, "/app/settings")
    page.get_by_test_id("account").click()
    expect(page.get_by_test_id("session")).to_have_count(1)
    is_sound(page, "account-off")
    narrow = browser.new_context(
        base_url=newcomer.server.origin, storage_state=desk.storage_state(), **PHONE
    ).new_page()
    narrow.goto("/account")
    is_sound(narrow, "account-off")
    totp, codes = switch_on(page, newcomer.server.password)
    expect(page.get_by_test_id("two-factor-on")).to_contain_text("Codes de secours encore bons : 10.")

    context = phone_of(browser, newcomer)
    mobile = context.new_page()
    enter(mobile, newcomer, "000 000" if totp.now() != "000000" else "111111")
    expect(mobile.get_by_role("alert")).to_contain_text("n’est pas le bon")
    is_sound(mobile, "code")
    assert "/login/code" in mobile.url
    assert [cookie["name"] for cookie in context.cookies()] == ["webdoc-step"]
    mobile.get_by_test_id("login-code").fill(totp.at(time.time() + 30))
    mobile.get_by_test_id("login-submit").click()
    mobile.wait_for_url(re.compile(r"/app"))
    expect(mobile.get_by_test_id("live")).to_be_visible()
    other = phone_of(browser, newcomer).new_page()
    enter(other, newcomer, codes[0])
    other.wait_for_url(re.compile(r"/app"))

    page.reload()
    expect(page.get_by_test_id("session")).to_have_count(3)
    expect(page.get_by_test_id("two-factor-on")).to_contain_text("Codes de secours encore bons : 9.")
    is_sound(page, "account-on")
    narrow.reload()
    narrow.get_by_test_id("two-factor-off").click()
    is_sound(narrow, "account-on")
    # The last seen comes right after this one: the phone that used a recovery code.
    page.get_by_test_id("session").nth(1).get_by_test_id("end-session").click()
    expect(page.get_by_test_id("session")).to_have_count(2)
    other.goto("/app/documents")
    assert other.url.endswith("/login")
    page.get_by_test_id("end-others").click()
    expect(page.get_by_test_id("session")).to_have_count(1)
    mobile.goto("/app/documents")
    assert mobile.url.endswith("/login")

    keys_ask_for_a_recent_code(open_live(desk, "/app/settings"), newcomer, codes[1])
    done = newcomer.run("user", "two-factor", "off", "--email", newcomer.server.email)
    assert (done.returncode, done.stderr) == (0, "")
    merchant(browser, newcomer.server).close()


def keys_ask_for_a_recent_code(page: Page, company: Company, code: str) -> None:
    expect(page.get_by_test_id("prove")).to_have_count(0)
    company.sql("UPDATE login_sessions SET proved_at = '2026-01-01T00:00:00.000000Z'")
    keys = page.locator(".panel", has=page.get_by_role("heading", name="Clés d’API"))
    keys.locator("input[name=name]").fill("Caisse")
    keys.get_by_role("button", name="Créer une clé").click()
    expect(page.get_by_test_id("notice")).to_contain_text("Confirmez d’abord votre code")
    expect(page.get_by_test_id("new-key")).to_have_count(0)
    expect(page.get_by_test_id("prove")).to_have_count(3)
    shot(page, "settings-prove")
    keys.get_by_test_id("prove").click()
    is_sound(page, "proof")
    page.get_by_test_id("login-code").fill(code)
    page.get_by_test_id("login-submit").click()
    expect(page.get_by_test_id("live")).to_be_visible()
    expect(page.get_by_test_id("prove")).to_have_count(0)
    keys.locator("input[name=name]").fill("Caisse")
    keys.get_by_role("button", name="Créer une clé").click()
    expect(page.get_by_test_id("new-key")).to_be_visible()
