"""What `serve` says of its interpreter: holes by what the modules hold, one line, nothing where there is nothing."""

import http.cookies
import ipaddress
import re

import pytest

from webdoc_app.interpreter import ADDRESSES, COOKIES, Hole, known_holes, warning


def test_an_interpreter_without_holes_is_not_spoken_of() -> None:
    assert warning([]) == ""


def test_one_line_names_each_hole_and_what_mends_it() -> None:
    told = warning([COOKIES, ADDRESSES])
    assert "\n" not in told
    assert "CVE-2024-7592 (http.cookies, mended in 3.11.10, 3.12.6)" in told
    assert ADDRESSES.cve in told


def test_a_mended_module_is_known_whatever_the_version_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http.cookies, "_unquote_sub", re.compile("").sub, raising=False)
    assert COOKIES not in known_holes()


def test_a_broken_module_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(http.cookies, "_unquote_sub", raising=False)
    monkeypatch.setattr(http.cookies, "_QuotePatt", re.compile(""), raising=False)
    assert COOKIES in known_holes()
    assert (ADDRESSES in known_holes()) is not ipaddress.ip_address("64:ff9b:1::1").is_private


def test_every_hole_says_which_releases_mend_it() -> None:
    assert all(
        isinstance(hole, Hole) and re.fullmatch(r"CVE-\d+-\d+", hole.cve) and hole.mended
        for hole in known_holes()
    )
