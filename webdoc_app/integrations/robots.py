"""What an agent's name says: a well-kept list of robots, and what we know beyond it.

The list is PyPI's `crawler-user-agents`. Ours adds what it lacks - mail scanners, link previews, words only robots
use, names that are no browser's - and takes back what only looks like a robot.
"""

import functools
import re

from webdoc_app.domain.tracking import Agent

_PEOPLE = re.compile(
    r"\bCUBOT(?=[ _;)])|\bSlack_SSB\b|\[Pinterest/\w+\]|\bCamScanner\b|\bBanca ?Caboto\b|\bWebView(App)?\b"
    r"|(?<=Safari/537\.36 )Viber\b|\bWindowsWechat\b|\bLinkedInApp\b|\bGoogleApp/",
    re.IGNORECASE,
)
"""Phones, applications and in-app browsers of people that hold a robot's word in their name."""

_DOUBTFUL = ("AP3A.240617.008", "MetaIAB Facebook")
"""In the list, yet also a build of Android that many phones run, and the browser inside an application."""

_SCANNERS = re.compile(
    r"barracuda|mimecast|proofpoint|safelinks|kaspersky|sophos|trend ?micro|symantec|messagelabs|ironport|forti(guard|mail)"
    r"|zscaler|bitdefender|clamav|virustotal|urlscan|office existence discovery|ms-office|microsoft office|oneoutlook"
    r"|googleimageproxy|yahoomailproxy|mixmax|iframely|embedly|whatsapp/|skypeuripreview|facebookexternalhit|facebot"
    r"|google[ -]?(favicon|web preview|search console|page ?speed|read-aloud)|chrome-lighthouse|dejaclick|dareboost|datanyze"
    r"|catchpoint|archivebox|brandverity|http(unit|client)|burpcollaborator",
    re.IGNORECASE,
)
"""Of mail, of links, of pages: what looks at them before, or instead of, a person."""

_WORDS = re.compile(
    r"bot\b|bot[/_.-]|crawl|spider|scrap(er|y|ing)|fetcher|slurp|archiver|preview|monitor|scanner|checker|validator|indexer"
    r"|harvest|extract|sniffer|headless|healthcheck|subscribers?\b|feed(burner|parser|reader|fetcher|ly)|https?://|www\.\w"
    r"|[\w.+-]+@[a-z][\w-]*\.[a-z]{2}|\(at\)|^mozilla/5\.0 \(compatible; (?!msie|u;|konqueror|[ai]browse)",
    re.IGNORECASE,
)
"""What only robots say of themselves: their trade, or where to complain about them."""

_ENGINES = re.compile(
    r"mozilla|opera|webkit|gecko|midp|cfnetwork|darwin|dalvik|android|iphone|ios|amiga|morphos|windows|linux|symbian|nokia"
    r"|blackberry|samsung|sonyericsson|lg-|browse|lynx|links|w3m|netsurf|dillo|netfront|ucweb|playstation|nintendo",
    re.IGNORECASE,
)
"""A browser names its engine or the machine it runs on."""


_DRIVEN = re.compile(
    r"^(python-(httpx|requests|urllib3?)|python/|aiohttp|curl/|wget/|go-http-client|okhttp|axios|node-fetch|undici"
    r"|java/|apache-httpclient|postmanruntime|insomnia|httpie|guzzlehttp|ruby|libwww-perl)|headlesschrome",
    re.IGNORECASE,
)
"""What programs are written with, and a browser they drive: one that sends a form was told to by somebody."""


def acts_by_itself(user_agent: str) -> bool:
    """Whether this agent sends forms nobody asked it to send: scanners, previews and crawlers that try every button."""
    return agent_of(user_agent) is Agent.ROBOT and not _DRIVEN.search(user_agent)


@functools.lru_cache(maxsize=4_096)
def agent_of(user_agent: str) -> Agent:
    """What this agent is, by its name alone: a scanner that calls itself a browser is told by how it behaves."""
    name = _PEOPLE.sub("", user_agent[:1_000]).strip()
    if not name:
        return Agent.BROWSER if user_agent.strip() else Agent.NONE
    if any(pattern.search(name) for pattern in (_SCANNERS, _WORDS, *_known())) or not _ENGINES.search(name):
        return Agent.ROBOT
    return Agent.DOUBTFUL if any(word in name for word in _DOUBTFUL) else Agent.BROWSER


@functools.cache
def _known() -> list[re.Pattern[str]]:
    """The list's patterns, a few in each expression: one of all of them is slower."""
    from crawleruseragents import CRAWLER_USER_AGENTS_DATA as KNOWN

    patterns = [row["pattern"] for row in KNOWN if row["pattern"].replace("\\", "") not in _DOUBTFUL]
    return [re.compile("|".join(patterns[start : start + 25])) for start in range(0, len(patterns), 25)]
