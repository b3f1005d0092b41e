"""Who is told what, and in which order."""

from webdoc_app.live.bus import News
from webdoc_app.live.watchers import Watchers


def test_a_page_is_told_before_the_bell_beside_it():
    watchers = Watchers()
    told = []
    for place in ("bell", "page"):
        watchers.watch("tab", place, ["company:1"], lambda news, place=place: told.append(place))

    for _tab, tell in watchers.told_of(News("company:1", "message", "d")):
        tell(None)

    assert told == ["page", "bell"]
