"""Openings: which of them are a person's, and which of those are one visit.

Mail scanners open links, run scripts and even submit forms; previews and prefetching browsers ask for pages nobody
looks at; merchants look at their own documents. So every hit is kept with a class, and "Consulté" is said only of
what a person did: a gesture, an answer, or a page that stood in view without anything speaking against it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

VISIT_GAP = timedelta(minutes=30)
"""Views of one link from one device less than this apart are one visit."""

HEAD_BEFORE = timedelta(seconds=60)
"""A HEAD from the same network this shortly before speaks against a page in view: scanners ask twice."""

SCAN_AFTER_SENDING = timedelta(seconds=90)
"""Mail scanners open what they find within this time of its delivery."""

NEWS_AGAIN_AFTER = timedelta(days=7)
"""A visit after such a pause is news again."""

KEPT_IN_FULL = timedelta(days=365)
"""Addresses and agents are kept in full for this long, then truncated."""

KEPT_AS_MACHINE = timedelta(days=90)
"""Each opening of a machine is kept for this long, then only how many there were."""

NEW_ROWS_AN_HOUR, GATHER_EACH = 60, timedelta(hours=1)
"""Of one link so many openings an hour are kept one by one. Those beyond are no single reader's: they are counted."""

CROWD = "crowd"
"""The signal of a row that counts what came beyond."""


class OpeningClass(StrEnum):
    """Who looked, and how sure that is: a machine; someone who fetched the page, had it in view, did something
    there; or the merchant themself.
    """

    AUTOMATIC = "automatic"
    FETCHED = "fetched"
    RENDERED = "rendered"
    ENGAGED = "engaged"
    OWNER = "owner"


RUNGS = (OpeningClass.FETCHED, OpeningClass.RENDERED, OpeningClass.ENGAGED)
"""What one visit climbs as more of it becomes known."""


class Agent(StrEnum):
    """What an agent's name says it is."""

    BROWSER = "browser"
    NONE = "no_agent"
    ROBOT = "robot"
    DOUBTFUL = "doubtful_agent"  # a robot's to some, a person's phone to others


class Act(StrEnum):
    """What happened, by its weight as a proof that a person looks."""

    HEAD = "head"  # only asked whether there is a page
    FETCH = "fetch"  # the page or its PDF was asked for
    SIGHT = "sight"  # the page itself says it stood in view for two seconds
    GESTURE = "gesture"  # the page itself says a trusted gesture was made in it
    POST = "post"  # a message or an answer that was taken: someone typed it


@dataclass(frozen=True)
class Hit:
    """The facts of one hit. `head_before`: HEAD_BEFORE; `scan_like`: SCAN_AFTER_SENDING of several links."""

    act: Act
    agent: Agent = Agent.BROWSER
    owner: bool = False
    prefetch: bool = False
    webdriver: bool = False
    head_before: bool = False
    scan_like: bool = False


@dataclass(frozen=True)
class Judgement:
    """`counts` says "Consulté"; `signals` say why it does not, or what spoke against it."""

    class_: OpeningClass
    counts: bool = False
    signals: tuple[str, ...] = ()


def judge(hit: Hit) -> Judgement:
    """The class of a hit.

    A trusted gesture, and what was typed and taken, are a person's whatever the agent calls itself: no scanner makes
    them, and an agent's name is only a word. Short of these, a robot is one from its first byte on, and a page in view
    counts when nothing speaks against it.
    """
    if hit.owner:
        return Judgement(OpeningClass.OWNER)
    signals = _signals(hit)
    if hit.act in (Act.GESTURE, Act.POST):
        return Judgement(OpeningClass.ENGAGED, True, signals)
    if hit.act is Act.HEAD or hit.prefetch or hit.webdriver or hit.agent in (Agent.ROBOT, Agent.NONE):
        return Judgement(OpeningClass.AUTOMATIC, False, signals)
    if hit.act is Act.FETCH:
        return Judgement(OpeningClass.FETCHED, False, signals)
    return Judgement(OpeningClass.RENDERED, not signals, signals)


def _signals(hit: Hit) -> tuple[str, ...]:
    found = (
        (Act.HEAD.value, hit.act is Act.HEAD),
        ("prefetch", hit.prefetch),
        (hit.agent.value, hit.agent is not Agent.BROWSER),
        ("webdriver", hit.webdriver),
        ("head_before", hit.head_before),
        ("scan_like", hit.scan_like),
    )
    return tuple(name for name, is_so in found if is_so)


def higher(one: OpeningClass, other: OpeningClass) -> OpeningClass:
    """The higher rung of two classes of one visit."""
    return max(one, other, key=RUNGS.index)


class Correction(StrEnum):
    """What a person says an opening was."""

    CLIENT = "client"
    OWNER = "owner"
    AUTOMATIC = "automatic"

    @property
    def class_(self) -> OpeningClass:
        return OpeningClass.ENGAGED if self is Correction.CLIENT else OpeningClass(self.value)


def is_news(*, before: datetime | None, told_version: int, version: int, now: datetime) -> bool:
    """Whether a visit is told anew: the first one, one after an edit, one after a week without any.

    `before` is the visit before, `told_version` the version that was last told of as opened.
    """
    return before is None or version != told_version or now - before >= NEWS_AGAIN_AFTER


def truncated_address(address: str) -> str:
    """The network of an address: /24 of IPv4, /48 of IPv6; empty for what is neither."""
    from ipaddress import ip_address, ip_network

    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    mapped = getattr(found, "ipv4_mapped", None)
    found = mapped or found
    return str(ip_network(f"{found}/{24 if found.version == 4 else 48}", strict=False).network_address)
