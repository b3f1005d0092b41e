"""Every form of every page says which object it is of, or is posted by the browser itself; none is dead."""

import inspect
from collections.abc import Iterator

import pytest
from reflex.state import State
from reflex_base.components.component import BaseComponent, Component
from reflex_base.event import prevent_default
from reflex_base.registry import RegistrationContext
from reflex_components_core.el.elements.forms import Form

import webdoc_app.webdoc_app  # noqa: F401 - registers every page
from webdoc_app.ui.tabs import emptying
from webdoc_app.ui.tabs.places import Here

READING = {
    "load", "refresh", "search", "choose_status", "choose_way", "choose_month", "choose", "speak", "suggest",
    "try_color", "older_messages", "type_subject", "type_body", "look", "imported", "not_imported", "ask",
    "logo_sent", "logo_refused", "added", "refused",
}  # fmt: skip
"""Handlers that change nothing but what is on the screen."""
BY_ID = {
    "show", "remove", "retry", "accept", "discard", "remind", "invoice", "switch", "rotate", "revoke_key",
}  # fmt: skip
"""Handlers of a row in a list: its id is an argument, whatever the address names."""


def components(component: object) -> Iterator[BaseComponent]:
    if not isinstance(component, BaseComponent):
        return
    yield component
    for child in component.children:
        yield from components(child)
    if isinstance(component, Component):
        for child in component._get_components_in_props():
            yield from components(child)
    for name in ("cond", "comp1", "comp2"):
        yield from components(getattr(component, name, None))


@pytest.fixture(scope="module")
def pages() -> dict[str, list[BaseComponent]]:
    found = {}
    for build, page in RegistrationContext.get().decorated_pages:
        found[page["route"]] = list(components(build()))
    assert len(found) > 25
    return found


def test_no_form_is_dead_and_each_says_what_it_is_of(pages: dict[str, list[BaseComponent]]) -> None:
    wrong, forms = [], 0
    for route, parts in pages.items():
        for part in parts:
            if not isinstance(part, Form):
                continue
            forms += 1
            chain = part.event_triggers.get("on_submit")
            handled = [getattr(event, "handler", None) for event in getattr(chain, "events", [])]
            if not any(handled) or handled == [prevent_default.handler]:
                wrong.append((route, "dead"))
            fields = [str(getattr(each, "value", "")) for each in components(part) if _name(each) == "at"]
            if len(fields) != 1 or str(Here.object) not in fields[0]:
                wrong.append((route, "at", fields))
    assert forms > 20
    assert wrong == []


def test_both_ways_out_are_on_the_pages_and_posted_by_the_browser(
    pages: dict[str, list[BaseComponent]],
) -> None:
    for route, parts in pages.items():
        ways = [part for part in parts if str(getattr(part, "action", "")) == '"/logout"']
        wanted = 0 if "/d/" in f"/{route}" else 2 if route.endswith("app/settings") else 1
        assert (route, len(ways)) == (route, wanted)
        assert not any(isinstance(way, Form) or way.event_triggers for way in ways)


def test_every_handler_of_the_merchants_that_acts_is_told_what_the_page_was_opened_for() -> None:
    missing = []
    for name, registered in RegistrationContext.get().event_handlers.items():
        fn = registered.handler.fn
        if not fn.__module__.startswith("webdoc_app.") or not hasattr(fn, "__wrapped__"):
            continue
        told = not {"form", "at"}.isdisjoint(inspect.signature(fn).parameters)
        if not told and fn.__name__ not in READING | BY_ID:
            missing.append(name)
    assert missing == []


def test_what_a_page_holds_is_emptied_with_it() -> None:
    """Only these outlive a change of page, and no var of theirs is of an object."""
    assert {state.__name__ for state in emptying._staying} == {"Bell", "Notice"}
    kept = {state.__name__: sorted(names) for state, names in emptying._kept.items()}
    assert kept == {name: ["_typed", "turn"] for name in ("DocumentList", "CustomerList")}


def test_lists_that_the_query_chooses_begin_anew_with_it() -> None:
    asking = {
        state
        for state in State.get_substates()
        if state.__module__.startswith("webdoc_app.") and "query_parameters" in inspect.getsource(state)
    }
    assert len(asking) == 6
    # The settings only learn from it what has just been done.
    assert {state.__name__ for state in asking - emptying._by_query} == {"SettingsPage"}


def _name(part: BaseComponent) -> str:
    return str(getattr(part, "name", "")).strip('"')
