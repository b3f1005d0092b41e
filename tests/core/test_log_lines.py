"""What a stranger sends may stand in the log, as one short line that says nothing it should not."""

import logging
import sys

import pytest

from webdoc_app.core.log_lines import OneLine, SoMuchAMinute, plain


def line(name: str, message: str, *arguments: object, exc_info: object = None) -> str:
    record = logging.LogRecord(name, logging.WARNING, "file.py", 7, message, arguments, exc_info)  # type: ignore[arg-type]
    return OneLine().format(record)


@pytest.mark.parametrize(
    "character",
    ["\n", "\r", "\x85", "\u2028", "\u2029", "\x1b", "\x00", "\u202e", "\u2066", "\u200f", "\ud800", "\x0b"],
)
def test_no_character_ends_a_line_turns_it_around_or_hides(character: str) -> None:
    said = line("webdoc_app.x", "failed: %s", f"a{character}ERROR b")
    assert character not in said
    assert len(said.splitlines()) == 1
    assert said.startswith("WARNING webdoc_app.x: failed: a\\")


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        ("Attempting to send delta to disconnected client '3f1c9a2e-0000-4444-8888-aaaaaaaaaaaa'", "Attempting to send delta to disconnected client '…'"),
        ("Received event from session Xy9ajsdkfjKLJ3kljAAAB with no associated token. Event data: {'kanari': 1}", "Received event from session … with no associated token. Event data…"),
        ("Failed to deserialize event data: kanari.", "Failed to deserialize event data…"),
        ("Error transforming event argument 'a' with value 'kanari' and type hint", "Error transforming event argument 'a' with value…"),
    ],
)  # fmt: skip
def test_of_a_librarys_message_the_words_are_kept_and_what_it_quotes_is_not(message: str, kept: str) -> None:
    assert line("reflex.app", message) == f"WARNING reflex.app: {kept}"


def test_our_own_lines_keep_their_ids_and_lose_tokens() -> None:
    said = line(
        "webdoc_app.x",
        "page failed: at http://x/d/abc.def-123/pdf of company 0123456789abcdef0123456789abcdef cookie: webdoc=abcdef",
    )
    assert "0123456789abcdef" in said
    assert "abc.def" not in said
    assert "webdoc=" not in said


def test_a_long_line_is_cut_and_a_traceback_cannot_pass_for_lines_of_the_log() -> None:
    assert len(line("webdoc_app.x", "x" * 100_000)) < 2_100
    assert plain("x" * 10, 5) == "xxxxx…"
    try:
        raise ValueError("kanari\nERROR webdoc: forged")
    except ValueError:
        said = line("webdoc_app.x", "failed", exc_info=sys.exc_info()).splitlines()
    assert said[0] == "WARNING webdoc_app.x: failed"
    assert all(each.startswith("  | ") for each in said[1:])
    try:
        raise ValueError("kanari")
    except ValueError:
        assert line("engineio.server", "Unknown receive error", exc_info=sys.exc_info()).endswith(
            "error ValueError"
        )


def test_each_place_in_the_code_says_so_much_a_minute_and_how_much_it_left_out() -> None:
    now = [0.0]
    so_much = SoMuchAMinute(3, clock=lambda: now[0])

    def said(place: int) -> logging.LogRecord | None:
        record = logging.LogRecord("x", logging.WARNING, "file.py", place, "told", (), None)
        return record if so_much.filter(record) else None

    assert [bool(said(1)) for _ in range(6)] == [True] * 3 + [False] * 3
    assert said(2)
    now[0] = 60.0
    record = said(1)
    assert record is not None
    assert "(3 more like this were left out)" in OneLine().format(record)
