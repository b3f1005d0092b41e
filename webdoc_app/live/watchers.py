"""Which open page of this process watches which topic, and how it is told."""

from collections.abc import Callable, Iterable
from typing import Any

from webdoc_app.live.bus import News

Tell = Callable[[News], Any]
"""Makes, from news, the event that a page refreshes itself with."""

PAGE = "page"
"""The place of what one looks at: a tab handles its events one after the other, this one shall not wait."""


BELL = "bell"
"""The place of what stands on every page."""


class Watchers:
    """A tab has a few named places (its page, its bell); each watches topics of its own."""

    def __init__(self) -> None:
        self._by_topic: dict[str, dict[tuple[str, str], Tell]] = {}
        self._topics: dict[tuple[str, str], frozenset[str]] = {}

    def watch(self, tab: str, place: str, topics: Iterable[str], tell: Tell) -> None:
        """The place watches these topics from now on, and no others."""
        self.leave(tab, place)
        self._topics[tab, place] = frozenset(topics)
        for topic in self._topics[tab, place]:
            self._by_topic.setdefault(topic, {})[tab, place] = tell

    def leave(self, tab: str, place: str) -> None:
        for topic in self._topics.pop((tab, place), frozenset()):
            watching = self._by_topic.get(topic, {})
            watching.pop((tab, place), None)
            if not watching:
                self._by_topic.pop(topic, None)

    def leave_pages(self, tab: str) -> None:
        """The tab opens another page: the bell goes on, the rest was about the page before."""
        for key in [key for key in self._topics if key[0] == tab and key[1] != BELL]:
            self.leave(*key)

    def forget(self, tab: str) -> None:
        """The tab is gone."""
        for key in [key for key in self._topics if key[0] == tab]:
            self.leave(*key)

    def told_of(self, news: News) -> list[tuple[str, Tell]]:
        """Tabs to tell, with how; pages before the bells beside them. A copy: telling may change who watches."""
        watching = self._by_topic.get(news.topic, {})
        pages_first = sorted(watching, key=lambda place: place[1] != PAGE)
        return [(tab, watching[tab, place]) for tab, place in pages_first]


watchers = Watchers()
