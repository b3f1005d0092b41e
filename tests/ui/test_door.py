"""What of an event gets through the door, and which of the framework's own handlers do."""

from typing import Any

import pytest
from reflex_base.registry import RegistrationContext

import webdoc_app.webdoc_app  # noqa: F401 - registers every state
from webdoc_app.ui.seams.events import FRAMEWORK, HYDRATE, ON_LOAD, STATE, cleaned, is_ours_or_needed

WEBDOC = f"{STATE}.webdoc_app___ui___webdoc___state____webdoc_state"
PLACE = {"pathname": "/d/x", "asPath": "/d/x?a=1", "query": {"token": "x"}}


def test_of_the_frameworks_handlers_those_pages_call_get_through_and_no_other() -> None:
    """A new version of the framework brings new ones: each is looked at before it is let in."""
    known = RegistrationContext.get().event_handlers
    theirs = {
        name: found.handler.fn
        for name, found in known.items()
        if not found.handler.fn.__module__.startswith("webdoc_app.")
    }
    assert theirs.keys() >= FRAMEWORK
    assert len(theirs) > 30
    assert {name for name, fn in theirs.items() if is_ours_or_needed(name, fn)} == FRAMEWORK
    for name in theirs.keys() - FRAMEWORK:
        payloads: list[dict[str, Any]] = [{}, {"value": True}, {"var_name": "x", "value": 1}, {"vars": {}}]
        assert [cleaned({"name": name, "payload": each, "router_data": PLACE}) for each in payloads] == [
            None
        ] * 4, name


def test_only_the_fields_a_page_sends_are_handed_on() -> None:
    more = {"token": "x", "ip": "203.0.113.1", "headers": {"cookie": "x"}, "sid": "x"}
    event = {
        "name": f"{WEBDOC}.load",
        "payload": {},
        "router_data": PLACE | more,
        "handler": "x",
        "substate_token": "x",
    }
    assert cleaned(event) == {"name": f"{WEBDOC}.load", "payload": {}, "router_data": PLACE}
    for name in (HYDRATE, ON_LOAD):
        assert cleaned({"name": name, "router_data": PLACE}) == {
            "name": name,
            "payload": {},
            "router_data": PLACE,
        }
    brought = cleaned({"name": HYDRATE, "payload": {"vars": {"x": "y" * 50_000}}, "router_data": PLACE})
    assert brought is not None
    assert brought["payload"] == {}


@pytest.mark.parametrize(
    "place",
    [
        {"asPath": "/" + "x" * 2_000},
        {"pathname": "/" + "x" * 2_000},
        {"query": {"a": "x" * 2_000}},
        {"query": {str(n): "" for n in range(51)}},
        {"query": {"a": 1}},
        {"asPath": "//["},
        {"asPath": "x"},
    ],
)
def test_an_address_is_one_a_page_can_have(place: dict[str, Any]) -> None:
    assert cleaned({"name": f"{WEBDOC}.load", "router_data": PLACE | place}) is None
