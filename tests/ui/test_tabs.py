"""What is kept of tabs that have gone, and how many pages of one link are told of news."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from reflex.istate.manager.memory import StateManagerMemory
from reflex.istate.manager.token import BaseStateToken
from reflex.state import State

from webdoc_app.live.watchers import watchers
from webdoc_app.services.socket_lines import Line
from webdoc_app.ui.seams import tabs as seam
from webdoc_app.ui.seams.tabs import Tab, Tabs

NETWORK = "192.0.2.1"


@pytest.fixture
def manager() -> StateManagerMemory:
    return StateManagerMemory(token_expiration=3_600)


@pytest.fixture
def tabs(manager: StateManagerMemory) -> Tabs:
    found = Tabs()
    found.use(SimpleNamespace(state_manager=manager))  # type: ignore[arg-type]
    return found


async def visit(tabs: Tabs, manager: StateManagerMemory, name: str, line: Line | None = None) -> None:
    """A tab that came, and left some state here."""
    tabs.came(name, Tab(NETWORK, "", line or Line(NETWORK)))
    async with manager.modify_state(BaseStateToken(ident=name, cls=State)):
        pass


async def leave(tabs: Tabs, *names: str) -> None:
    for name in names:
        tabs.went(name)
    await asyncio.gather(*tabs._tasks)


async def test_of_one_network_only_so_many_tabs_that_have_gone_are_kept(
    tabs: Tabs, manager: StateManagerMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seam, "KEPT_OF_A_NETWORK", 2)
    for name in ("a", "b", "c", "d"):
        await visit(tabs, manager, name)
    await leave(tabs, "a", "b", "c")
    assert set(manager.states) == {"b", "c", "d"}


async def test_a_strangers_tab_is_kept_for_a_while_and_one_that_comes_back_stays(
    tabs: Tabs, manager: StateManagerMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seam, "KEPT_SECONDS", 0.05)
    gone, purge = asyncio.Event(), manager._purge_token

    def purged(token: Any) -> None:
        purge(token)
        gone.set()

    monkeypatch.setattr(manager, "_purge_token", purged)
    for name in ("a", "b"):
        await visit(tabs, manager, name)
    await leave(tabs, "a", "b")
    tabs.came("b", Tab(NETWORK, "", Line(NETWORK)))
    async with asyncio.timeout(5):
        await gone.wait()
    assert set(manager.states) == {"b"}


async def test_a_merchants_tab_is_left_alone(
    tabs: Tabs, manager: StateManagerMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def is_members(line: Line) -> bool:
        return line.secret == "good"

    monkeypatch.setattr(Line, "is_members", is_members)
    monkeypatch.setattr(seam, "KEPT_OF_A_NETWORK", 0)
    await visit(tabs, manager, "merchant", Line(NETWORK, "good"))
    await visit(tabs, manager, "pretender", Line(NETWORK, "bad"))
    await leave(tabs, "merchant", "pretender")
    assert set(manager.states) == {"merchant"}


async def test_who_has_gone_is_told_nothing_any_more(tabs: Tabs, manager: StateManagerMemory) -> None:
    await visit(tabs, manager, "gone")
    watchers.watch("gone", "page", ["chain:of-this-test"], lambda news: news)
    await leave(tabs, "gone")
    assert "gone" not in {tab for tab, _ in watchers.told_of(news_of("chain:of-this-test"))}


def news_of(topic: str) -> Any:
    return SimpleNamespace(topic=topic)


async def test_so_many_pages_of_a_link_are_told_of_news_and_a_place_left_is_free_again(
    tabs: Tabs, manager: StateManagerMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seam, "OPEN_OF_A_LINK", 2)
    assert [tabs.join_link(name, "link") for name in ("a", "b", "c", "a")] == [True, True, False, True]
    assert tabs.join_link("c", "other")
    assert tabs.join_link("a", "other")
    assert tabs.join_link("c", "link")
