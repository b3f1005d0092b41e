"""Every text is said in English too, nothing is left over, and French is set as French is set."""

import re

from babel.messages.pofile import read_po

from tests.locales.msgids import PACKAGE, all_constants, used_texts
from webdoc_app.locales import in_context

PLACE = re.compile(r"%\((\w+)\)s")


def english() -> dict[str, str]:
    with (PACKAGE / "locales/en/LC_MESSAGES/webdoc.po").open("rb") as file:
        entries = [m for m in read_po(file) if m.id]
    return {in_context(m.context, str(m.id)) if m.context else str(m.id): str(m.string) for m in entries}


def test_every_text_has_its_english() -> None:
    catalogue = english()
    assert {text: place for text, place in used_texts().items() if not catalogue.get(text)} == {}


def test_no_entry_is_left_over() -> None:
    assert set(english()) - all_constants() - set(used_texts()) == set()


def test_english_keeps_the_places_to_fill() -> None:
    assert {k: v for k, v in english().items() if set(PLACE.findall(k)) != set(PLACE.findall(v))} == {}


def test_french_typography() -> None:
    wrong = {
        "a plain or no blank before : ; ! ? »": re.compile(
            r"[^\N{NO-BREAK SPACE}\W](?=[;!?»]|:(?!\w))| [:;!?»]"
        ),
        "a plain or no blank after «": re.compile("«(?!\N{NO-BREAK SPACE})"),
        "a straight apostrophe": re.compile(r"(?<=[^\W\d_])'(?=[^\W\d_])"),
        "three dots": re.compile(r"\.\.\."),
    }
    found = {text: why for why, rule in wrong.items() for text in used_texts() if rule.search(text)}
    assert found == {}
