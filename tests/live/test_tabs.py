"""A tab is nobody's: what the server holds for it goes with the session that filled it and with the page it was of."""

import re
import secrets
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.live.conftest import running_site
from tests.live.site import LINE, Company, Site, Tab, state_of
from tests.redis_server import redis_server

SETTINGS = state_of("settings_state", "settings_page")
WEBHOOKS = state_of("settings_webhooks", "webhook_settings")
PAGE = state_of("document_state", "document_page")


@pytest.fixture(scope="module")
def redis_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Two workers, the state of tabs in Redis."""
    with redis_server() as server:
        settings = {"WEBDOC_REDIS_URL": server.url, "WEBDOC_WORKERS": "2"}
        with running_site(tmp_path_factory.mktemp("redis-site"), **settings) as found:
            yield found


@pytest.fixture(params=["site", pytest.param("redis_site", marks=pytest.mark.redis)])
def place(request: pytest.FixtureRequest) -> Site:
    found: Site = request.getfixturevalue(request.param)
    return found


def signed_in(site: Site, company: Company) -> str:
    """The cookie of a session of its own."""
    with httpx.Client() as browser:
        form = {"email": f"{company.name.lower()}@example.org", "password": "motdepasse"}
        answer = browser.post(f"{site.origin}/login", data=form)
    return "; ".join(f"{item.name}={item.value}" for item in answer.cookies.jar)


def object_in(frames: str) -> str:
    """What the page was told it shows."""
    return re.findall(r'"object_rx_state_": "([^"]*)"', frames)[-1]


def everything(tab: Tab) -> str:
    """Every frame that came, and all that the framework gives to whoever asks for it."""
    tab.send("reflex___state____state.hydrate_and_load", {})
    tab.settle()
    return "".join(tab.frames)


def test_secrets_shown_once_are_in_no_later_frame_whoever_has_the_tab(place: Site) -> None:
    cookie = signed_in(place, place.ours)
    with Tab(place, "/app/settings", cookie) as tab:
        at = object_in(tab.until_live())
        tab.send(f"{SETTINGS}.create_key", {"form": {"at": at, "name": "Caisse"}})
        key = re.findall(r"wd_[\w-]{43}", tab.until("wd_"))[0]
        tab.send(f"{WEBHOOKS}.add", {"form": {"at": at, "url": "http://127.0.0.1:9/hook"}})
        hook = re.findall(r'"new_secret_rx_state_": "([^"]+)"', tab.until("new_secret_rx_state_"))[0]
    assert key
    assert hook
    for again in (cookie, place.theirs.cookie, ""):
        with Tab(place, "/app/settings", again, token=tab.token) as later:
            seen = everything(later)
            assert key not in seen
            assert hook not in seen


@pytest.mark.parametrize("way", ["another company", "anonymous"])
@pytest.mark.parametrize("path", ["/app/settings", "/login", "/app/customers"])
def test_a_tab_taken_by_another_session_brings_nothing_of_the_first(place: Site, way: str, path: str) -> None:
    word = f"mot{secrets.token_hex(4)}"
    document = place.ours.issue(title=word)
    cookie = signed_in(place, place.ours)
    with Tab(place, f"/app/documents/{document['id']}", cookie) as tab:
        assert word in tab.until_live()
    with Tab(place, "/app/settings", cookie, token=tab.token) as tab:
        assert "ours@example.org" in tab.until_live()
    other = place.theirs.cookie if way == "another company" else ""
    with Tab(place, path, other, token=tab.token) as later:
        seen = everything(later)
    hidden = (word, document["id"], document["number"], "Client de Ours", "ours@example.org", '"Ours"')
    assert [each for each in hidden if each in seen] == []


def test_an_open_tab_whose_session_ends_is_emptied_and_gets_no_more_news(place: Site) -> None:
    cookie = signed_in(place, place.ours)
    document = place.ours.issue(title="Comptoir")
    with Tab(place, f"/app/documents/{document['id']}", cookie) as tab:
        assert "Comptoir" in tab.until_live()
        answer = httpx.post(f"{place.origin}/logout", headers={"Cookie": cookie})
        assert answer.headers["clear-site-data"] == '"storage"'
        word = f"apres{secrets.token_hex(4)}"
        place.ours.post(f"/documents/{document['id']}/messages", body=word)
        left = tab.until('"away_rx_state_": "/login"')
        assert '"sheet_rx_state_": ""' in left
        place.ours.post(f"/documents/{document['id']}/messages", body=word)
        tab.settle()
        assert word not in "".join(tab.frames)
    with Tab(place, "/app", "", token=tab.token) as later:
        assert "Comptoir" not in everything(later)


def test_a_clients_tab_leaves_nothing_of_a_document_to_the_next(place: Site) -> None:
    first, second = place.ours.issue(title="Premier"), place.theirs.issue(title="Second")
    paths = [document["webdocument_url"].removeprefix(place.origin) for document in (first, second)]
    token = paths[0].rpartition("/")[2]
    with Tab(place, paths[0]) as tab:
        assert first["number"] in tab.until_live()
    for path, cookie in ((paths[1], ""), ("/nothing", ""), ("/app", place.ours.cookie)):
        with Tab(place, path, cookie, token=tab.token) as later:
            seen = everything(later)
            assert token not in seen
            # Those who are signed in read of their own documents on their own page.
            assert cookie or "Premier" not in seen
            assert cookie or "Client de Ours" not in seen
    with Tab(place, paths[0], token=tab.token) as tab:
        tab.until_live()
    with Tab(place, "", token=tab.token) as silent:
        # A socket that says nothing of its address is not taken to be where the last one was.
        for name in ("hydrate_and_load", "hydrate"):
            event = {"name": f"reflex___state____state.{name}", "payload": {}, "router_data": {}}
            silent.socket.emit("event", event, namespace="/_event")
        silent.until("is_hydrated")
        assert token not in "".join(silent.frames)


def test_the_same_session_at_the_same_page_finds_what_it_left(place: Site) -> None:
    quote = place.ours.issue()
    path = quote["webdocument_url"].removeprefix(place.origin)
    with Tab(place, path) as tab:
        nonce = re.findall(
            r'"pay_nonce_rx_state_": "([^"]*)"|"message_nonce_rx_state_": "([^"]*)"', tab.until_live()
        )
    with Tab(place, path, token=tab.token) as again:
        assert nonce
        assert quote["number"] in again.until_live()


def test_a_tab_in_use_is_nobody_elses_to_empty(place: Site) -> None:
    cookie = signed_in(place, place.ours)
    document = place.ours.issue()
    with Tab(place, f"/app/documents/{document['id']}", cookie) as tab:
        tab.until_live()
        with Tab(place, "/app", "", token=tab.token) as twin:
            seen = everything(twin)
            assert document["number"] not in seen
            assert "Ours" not in seen
        word = f"encore{secrets.token_hex(4)}"
        place.ours.post(f"/documents/{document['id']}/messages", body=word)
        tab.until(word)


def test_what_was_opened_for_another_object_changes_nothing(site: Site) -> None:
    ours = site.ours
    drafts = [
        ours.post("/documents", kind="quote", customer={"name": f"Client {n}"}, lines=[LINE]) for n in "AB"
    ]
    cookie = signed_in(site, ours)
    editor = state_of("editor_state", "editor")
    with Tab(site, f"/app/documents/{drafts[0]['id']}/edit", cookie) as tab:
        first = tab.until_live()
    at, key = object_in(first), re.findall(r'"form_key_rx_state_": "(\w+)"', first)[-1]
    before = site.rows("SELECT * FROM documents")
    with Tab(site, f"/app/documents/{drafts[1]['id']}/edit", cookie, token=tab.token) as tab:
        here = tab.until_live()
        own_key = re.findall(r'"form_key_rx_state_": "(\w+)"', here)[-1]
        for given in (
            {"at": at, "key": key},
            {"at": at, "key": own_key},
            {"key": own_key},
            {"at": "", "key": own_key},
            {"at": object_in(here).split(" ")[0] + " 0123456789ab", "key": own_key},  # of another session
        ):
            tab.send(
                f"{editor}.submit", {"form": {**given, "title": "Volé", "action": "issue", "kind": "order"}}
            )
        tab.until("autre chose")
        tab.settle()
    with Tab(site, f"/app/documents/{drafts[1]['id']}", cookie) as page:
        page.until_live()
        for handler, payload in acts(at.replace("/edit", ""), drafts[0]["id"]):
            page.send(handler, payload)
        page.until("autre chose")
        page.settle()
    assert site.rows("SELECT * FROM documents") == before


def acts(at: str, other: str) -> list[tuple[str, dict[str, Any]]]:
    """Buttons of a page that was opened for another document."""
    return [
        (f"{PAGE}.issue", {"at": at}),
        (f"{PAGE}.delete", {"at": at}),
        (f"{PAGE}.convert", {"at": at, "to": "invoice"}),
        (f"{PAGE}.posted", {"at": at}),
        (f"{PAGE}.post", {"form": {"at": at, "body": "Bonjour", "key": "x"}}),
        (f"{PAGE}.issue", {"at": other}),
        (f"{PAGE}.issue", {"at": None}),
    ]


def test_the_token_of_a_tab_is_not_in_the_log(place: Site) -> None:
    log = place.mark_log()
    quote = place.ours.issue()
    with Tab(place, f"/app/documents/{quote['id']}", place.ours.cookie) as tab:
        for _ in range(20):
            tab.send(f"{PAGE}.older_messages", {})
    with Tab(place, "/app", place.ours.cookie, token=tab.token) as tab:
        tab.settle()
    assert tab.token not in log.since()
