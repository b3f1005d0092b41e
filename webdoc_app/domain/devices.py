"""A device in words, from its agent's name: « iPhone, Safari ». Few rules, for the browsers people have."""

import re

_SYSTEMS = (
    ("iPhone", r"iPhone"),
    ("iPad", r"iPad"),
    ("Android", r"Android"),
    ("Windows", r"Windows"),
    ("ChromeOS", r"\bCrOS\b"),
    ("Mac", r"Macintosh|Mac OS X"),
    ("Linux", r"Linux|X11"),
)
_BROWSERS = (
    ("Instagram", r"Instagram"),
    ("Facebook", r"\bFBA[NV]\b|\[FB"),
    ("LinkedIn", r"LinkedInApp"),
    ("Edge", r"\bEdg(e|A|iOS)?/"),
    ("Opera", r"\bOPR/|\bOPiOS/|Opera"),
    ("Samsung Internet", r"SamsungBrowser/"),
    ("Firefox", r"Firefox/|FxiOS/"),
    ("DuckDuckGo", r"DuckDuckGo/|\bDdg/"),
    ("Vivaldi", r"Vivaldi/"),
    ("Chrome", r"Chrome/|CriOS/|Chromium/"),
    ("Safari", r"Safari/|iPhone|iPad"),
)
"""The more particular first: most browsers also name those they descend from."""


def device_words(user_agent: str) -> str:
    """« iPhone, Safari »; of a robot or an unknown device, the beginning of what it calls itself."""
    parts = [_first(_SYSTEMS, user_agent), _first(_BROWSERS, user_agent)]
    words = ", ".join(part for part in parts if part)
    if words:
        return words
    return re.split(r"[\s/(;]", user_agent.strip(), maxsplit=1)[0][:40]


def robot_words(user_agent: str) -> str:
    """The name of a robot, as it says it: « Googlebot », « facebookexternalhit »."""
    named = re.search(
        r"[\w.-]*(bot|crawl|spider|preview|externalhit|scan|monitor)[\w.-]*", user_agent, re.IGNORECASE
    )
    if named:
        return named[0][:40]
    word = re.split(r"[\s/(;]", user_agent.strip(), maxsplit=1)[0]
    return word[:40] if word.lower() != "mozilla" else device_words(user_agent)


def _first(rules: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((words for words, pattern in rules if re.search(pattern, user_agent)), "")
