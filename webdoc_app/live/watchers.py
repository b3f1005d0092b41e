"""Which open page of this process watches which topic, and how it is told."""

from collections.abc import Callable, Iterable
from typing import Any

from webdoc_app.live.bus import News

Tell = Callable[[News], Any]
"""Makes, from news, the event that a page refreshes itself with."""


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

    def forget(self, tab: str) -> None:
        """The tab is gone."""
        for key in [key for key in self._topics if key[0] == tab]:
            self.leave(*key)

    def told_of(self, news: News) -> list[tuple[str, Tell]]:
        """Tabs to tell, with how. A copy: telling may change who watches."""
        return [(tab, tell) for (tab, _), tell in self._by_topic.get(news.topic, {}).items()]


watchers = Watchers()
