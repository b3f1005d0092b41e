"""Whoever speaks to the socket without a browser: reads nothing that isn't theirs, breaks nothing, leaves no traceback."""

import inspect
import random
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import socketio
from reflex_base.registry import RegistrationContext

import webdoc_app.webdoc_app  # noqa: F401 - registers every state
from tests.live.site import HYDRATE, WEBDOC, Company, Site, Tab

DEEP: Any = []
for _ in range(400):
    DEEP = [DEEP]
ODD_VALUES: list[Any] = [
    None, True, -1, 10**30, 1.5e300, "", "\x00\ud800", "x" * 100_000, "../../etc", [], {}, DEEP,
    {"form": {"nonce": []}}, [{"name": "x"}], {"decision": "accept", "version": {"a": 1}, "nonce": 5, "name": [1]},
]  # fmt: skip


def handlers(*, merchant: bool) -> dict[str, list[str]]:
    """Our handlers by their published name, with the names of their arguments."""
    found = {}
    for name, registered in RegistrationContext.get().event_handlers.items():
        fn = registered.handler.fn
        if fn.__module__.startswith("webdoc_app.") and hasattr(fn, "__wrapped__") == merchant:
            found[name] = list(inspect.signature(fn).parameters)[1:]
    return found


@pytest.fixture
def secret(site: Site) -> Iterator[str]:
    """A word that stands in one document of ours and in a note about it; the log stays clean, the server up."""
    before = site.mark_log()
    yield f"secret{random.randrange(10**9)}"
    assert httpx.get(f"{site.origin}/health").status_code == 200
    for trouble in ("Traceback", "event handler failed"):
        assert trouble not in before.since()


def document_with(company: Company, secret: str) -> dict[str, Any]:
    document = company.issue(title=secret)
    company.post(f"/documents/{document['id']}/messages", body=secret, internal=True)
    return document


def call_everything(tab: Tab, *, merchant: bool, document_id: str) -> str:
    chance = random.Random(7)
    for name, parameters in handlers(merchant=merchant).items():
        for values in ([document_id] * len(parameters), chance.choices(ODD_VALUES, k=len(parameters))):
            tab.send(name, dict(zip(parameters, values, strict=True)))
    return tab.settle()


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost", "{own}.evil.example"])
def test_a_page_of_another_site_is_not_let_in(site: Site, origin: str) -> None:
    with (
        pytest.raises(socketio.exceptions.ConnectionError),
        Tab(site, "/login", site.ours.cookie, page_origin=origin.format(own=site.origin)),
    ):
        pass
    with Tab(site, "/login", page_origin=site.origin.replace("localhost", "127.0.0.1")) as tab:
        assert "is_hydrated" in tab.settle()


def test_without_a_session_no_handler_of_the_merchants_gives_or_changes_anything(
    site: Site, secret: str
) -> None:
    document = document_with(site.ours, secret)
    before = site.counts()
    assert len(handlers(merchant=True)) > 40
    for path in ("/app", f"/app/documents/{document['id']}", f"/app/documents/{document['id']}/edit"):
        with Tab(site, path) as tab:
            assert "/login" in call_everything(tab, merchant=True, document_id=document["id"])
            for hidden in (secret, document["number"], "Client de", "ours@example.org", "Traceback"):
                assert hidden not in "".join(tab.frames)
    assert site.counts() == before


def test_a_clients_tab_gets_nothing_from_the_merchants_handlers(site: Site, secret: str) -> None:
    document = document_with(site.ours, secret)
    other = site.ours.issue()
    before = site.counts()
    path = other["webdocument_url"].removeprefix(site.origin)
    with Tab(site, path) as tab:
        assert other["number"] in tab.settle()
        call_everything(tab, merchant=True, document_id=document["id"])
        for hidden in (secret, document["id"], document["number"], "ours@example.org/app"):
            assert hidden not in "".join(tab.frames)
    assert site.counts() == before


def test_odd_arguments_to_the_clients_handlers_change_nothing_and_the_tab_lives_on(
    site: Site, secret: str
) -> None:
    document = document_with(site.ours, secret)
    before = site.counts()
    with Tab(site, document["webdocument_url"].removeprefix(site.origin)) as tab:
        for name, parameters in handlers(merchant=False).items():
            if name.endswith("confirm_opening"):
                continue  # opening is what it is for, whatever comes with it
            for value in ODD_VALUES:
                tab.send(name, dict.fromkeys(parameters, value))
            tab.settle()
        assert document["number"] in "".join(tab.frames)
        assert "Traceback" not in "".join(tab.frames)
    assert site.counts() == before


@pytest.mark.parametrize(
    "event",
    [
        None, 5, "text", [], {}, {"name": 5}, {"name": "reflex___state____state.nothing", "payload": {}},
        {"name": f"{WEBDOC}.decide"}, {"name": f"{WEBDOC}.decide", "payload": []},
        {"name": f"{WEBDOC}.decide", "payload": {"form": {}, "more": 1}},
        {"name": f"{WEBDOC}.load", "payload": {}, "router_data": []},
        {"name": f"{WEBDOC}.load", "payload": {}, "router_data": {"asPath": 5}},
        {"name": f"{WEBDOC}.load", "payload": {}, "router_data": {"query": [1], "pathname": "/d/x"}},
        {"name": f"{WEBDOC}.load", "payload": {}, "router_data": {"query": {"token": [1]}, "pathname": "/d/x"}},
        {"name": f"{WEBDOC}.load", "payload": {}, "router_data": {"asPath": "//[", "pathname": "//["}},
        {"name": HYDRATE, "payload": {"x": DEEP}},
        {"name": f"{WEBDOC}._token", "payload": {}},
        {"name": f"{WEBDOC}._read", "payload": {}},
    ],
    ids=str,
)  # fmt: skip
def test_what_no_page_sends_is_dropped_without_a_word_of_the_address_in_the_log(
    site: Site, secret: str, event: Any
) -> None:
    log = site.mark_log()
    with Tab(site, f"/d/{secret}", f"webdoc={secret}") as tab:
        tab.socket.emit("event", event, namespace="/_event")
        assert "is_hydrated" in tab.settle()
    assert secret not in log.since()


def test_another_companys_session_reads_nothing_of_ours(site: Site, secret: str) -> None:
    document = document_with(site.ours, secret)
    rows = "SELECT * FROM documents WHERE id = '{}'".format(document["id"])
    before, counts = site.rows(rows), site.counts()
    for path in (f"/app/documents/{document['id']}", f"/app/documents/{document['id']}/edit", "/app"):
        with Tab(site, path, site.theirs.cookie) as tab:
            tab.settle()
            for name, parameters in handlers(merchant=True).items():
                if ".document_page." in name or ".editor" in name or name.endswith(".imported"):
                    tab.send(name, dict.fromkeys(parameters, document["id"]))
            tab.settle()
            for hidden in (secret, "Client de Ours", "ours@example.org"):
                assert hidden not in "".join(tab.frames)
    assert site.rows(rows) == before
    assert site.counts() == counts


def test_after_signing_out_the_open_socket_is_refused(site: Site, secret: str) -> None:
    document = site.ours.issue()
    data = {"email": "ours@example.org", "password": "motdepasse"}
    cookie = "webdoc=" + httpx.post(f"{site.origin}/login", data=data).cookies["webdoc"]
    page = "reflex___state____state.webdoc_app___ui___dashboard___document_state____document_page"
    with Tab(site, f"/app/documents/{document['id']}", cookie) as tab:
        assert document["number"] in tab.settle()
        httpx.post(f"{site.origin}/logout", headers={"Cookie": cookie})
        document_with(site.ours, secret)
        site.ours.post(f"/documents/{document['id']}/messages", body=secret, internal=True)
        tab.send(f"{page}.load", {})
        tab.send(f"{page}.refresh", {"what": "note", "document_id": document["id"]})
        after = tab.settle()
    assert "/login" in after
    assert secret not in "".join(tab.frames)
    with Tab(site, f"/app/documents/{document['id']}", site.ours.cookie) as tab:
        assert secret in tab.settle()
