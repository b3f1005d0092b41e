"""Events that come late: from a connection that is over, of another session or for another address."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from reflex.istate.manager.token import BaseStateToken
from reflex.state import State, StateUpdate
from reflex.utils.token_manager import SocketRecord
from reflex_base.event.context import EventContext

from webdoc_app.ui.dashboard.bell import Bell
from webdoc_app.ui.dashboard.customer import CustomerPage
from webdoc_app.ui.dashboard.settings_state import SettingsPage
from webdoc_app.ui.kit.notice import Notice
from webdoc_app.ui.tabs.binding import Connection, LateEvent
from webdoc_app.ui.tabs.places import Here, object_of, place_of, session_of
from webdoc_app.ui.webdoc.state import WebdocState
from webdoc_app.webdoc_app import app, tabs

TAB = "tab"


def told(address: str, secret: str = "", sid: str = "socket") -> dict[str, Any]:
    cookie = {"cookie": f"webdoc={secret:x<43}"} if secret else {}
    return {"asPath": address, "headers": cookie, "sid": sid}


@pytest_asyncio.fixture(autouse=True)
async def one_tab() -> AsyncIterator[None]:
    sockets = app.event_namespace._token_manager
    sockets.token_to_socket[TAB] = SocketRecord(instance_id=sockets.instance_id, sid="socket")
    yield
    sockets.token_to_socket.pop(TAB, None)
    tabs.connections.pop(TAB, None)
    app.state_manager.states.pop(TAB, None)  # type: ignore[attr-defined]
    await app.state_manager.close()


async def event(router_data: dict[str, Any], **values: object) -> Any:
    """An event of the tab, that reads a customer by this name; returns the root of the states."""

    async def nothing(*_: object, **__: object) -> None:
        return None

    context = EventContext(
        token=TAB, state_manager=app.state_manager, enqueue_impl=nothing, router_data=router_data
    )
    reset = EventContext.set(context)
    try:
        async with app.state_manager.modify_state_with_links(BaseStateToken(ident=TAB, cls=State)) as root:
            if router_data:
                root.router_data = {**root.router_data, **router_data}
            for name, value in values.items():
                setattr(await root.get_state(CustomerPage), name, value)
            return root
    finally:
        EventContext.reset(reset)


async def held(root: Any) -> bool:
    return bool((await root.get_state(CustomerPage)).loaded)


async def test_another_address_empties_what_a_page_held_and_leaves_the_bell() -> None:
    root = await event(told("/app/customers/a", "s"), loaded=True)
    (await root.get_state(Bell)).unread = 3
    (await root.get_state(Notice)).text = "Bonjour"
    assert await held(await event(told("/app/customers/a#anchor", "s")))
    assert await held(await event({}))  # news
    root = await event(told("/app/customers/b", "s"))
    assert not await held(root)
    assert (await root.get_state(Here)).object == object_of(told("/app/customers/b", "s"))
    assert (await root.get_state(Bell)).unread == 3
    assert (await root.get_state(Notice)).text == "Bonjour"


@pytest.mark.parametrize("other", ["t", ""])
async def test_another_session_empties_everything(other: str) -> None:
    root = await event(told("/app/customers/a", "s"), loaded=True)
    (await root.get_state(Bell)).company_name = "Nous"
    root = await event(told("/app/customers/a", other))
    assert not await held(root)
    assert (await root.get_state(Bell)).company_name == ""


async def test_an_event_of_the_session_before_is_dropped_once_another_has_the_tab() -> None:
    await event(told("/app/customers/a", "s", sid="old"), loaded=True)
    now = told("/app/customers/a", "t")
    tabs.connections[TAB] = Connection("socket", session_of(now), place_of(now))
    with pytest.raises(LateEvent):
        await event(told("/app/customers/a", "s", sid="old"), loaded=True)
    await event(now)
    with pytest.raises(LateEvent):
        await event(told("/app/customers/a", "s", sid="old"), loaded=True)
    assert not await held(await event(now))


async def test_an_event_of_the_same_session_is_handled_after_a_new_connection() -> None:
    """What was asked for on a dying socket is done."""
    now = told("/app/customers/a", "s")
    tabs.connections[TAB] = Connection("socket", session_of(now), place_of(now))
    assert await held(await event(told("/app/customers/a", "s", sid="old"), loaded=True))


async def test_what_an_event_of_the_address_before_finds_is_not_sent_to_the_page_of_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[str] = []

    async def emit(name: str, update: StateUpdate, to: str) -> None:
        sent.append(to)

    monkeypatch.setattr(app.event_namespace, "emit", emit)
    now = told("/app/customers/b", "s")
    tabs.connections[TAB] = Connection("socket", session_of(now), place_of(now))
    for router_data, arrives in ((told("/app/customers/a", "s", sid="old"), False), (told("/app/customers/b", "s", sid="old"), True), (now, True), ({}, True)):  # fmt: skip
        context = EventContext(
            token=TAB, state_manager=app.state_manager, enqueue_impl=emit, router_data=router_data
        )
        reset = EventContext.set(context)
        await app.event_namespace.emit_update(StateUpdate(delta={}), TAB)
        EventContext.reset(reset)
        assert bool(sent) is arrives
        sent.clear()


async def test_a_claim_waits_for_what_still_runs_and_wipes_even_the_address() -> None:
    await event(told("/d/secret-token", "", sid="old"))
    app.event_namespace._token_manager.token_to_socket.pop(TAB)
    await tabs.claim(TAB, told("/app", "s"))
    root = await app.state_manager.get_state(BaseStateToken(ident=TAB, cls=State))
    assert "secret-token" not in str(root.router_data) + str(root.rx_router_url)
    assert root.dirty_vars == set()


async def test_a_clients_page_holds_to_its_link_in_every_language_and_to_no_other() -> None:
    root = await event(told("/d/one"))
    (await root.get_state(WebdocState))._read_version = 3
    root = await event(told("/en/d/one?line=2"))
    assert (await root.get_state(WebdocState))._read_version == 3
    root = await event(told("/en/d/two"))
    assert (await root.get_state(WebdocState))._read_version == 0


async def test_a_secret_shown_once_is_blanked_on_the_screen_when_the_page_is_left() -> None:
    root = await event(told("/app/settings", "s"))
    page = await root.get_state(SettingsPage)
    page._clean()
    await event(told("/app", "s"))
    assert "new_key" in page.dirty_vars
