"""What comes over sockets counts as what comes over HTTP: forms, tokens that open nothing, pages that are seen."""

import re
from typing import Any

import reflex as rx

from webdoc_app.locales import LANGUAGES
from webdoc_app.services import limits
from webdoc_app.services.sharing import link_in
from webdoc_app.services.tracking import Visitor
from webdoc_app.ui.seams.events import address_in
from webdoc_app.ui.seams.tabs import Tab, tabs

CLIENT_STATE = "____webdoc_state."
SEEN = ".confirm_opening"
_ADDRESS = re.compile(rf"(?:/(?:{'|'.join(LANGUAGES)}))?/d/([^/?#]+)")


async def allow_event(event: dict[str, Any], tab: Tab) -> bool:
    """Whether an event of a client's page may go on. What is above a limit is refused without a word."""
    if CLIENT_STATE not in event["name"]:
        return True
    link = link_of(address_in(event))
    if link is None:
        return not await limits.is_unknown_too_often(tab.address)
    if event["name"].endswith(SEEN):
        return await limits.may_be_seen(link, tab.address, Visitor(tab.address, tab.agent).device)
    return True


async def allow_form(state: rx.State) -> None:
    """Counts a form of a client's page. Raises TooMany."""
    await limits.allow_form(state.router.session.client_ip or "")


def has_place(state: rx.State) -> bool:
    """Whether this page may be told of its link's news: above so many pages of one link it stays as it was read."""
    link = link_of(str(state.router.url.path))
    return link is not None and tabs.join_link(state.router.session.client_token, link)


def link_of(address: str) -> str | None:
    """The id of the link in a page's address; None where its token was never ours."""
    found = _ADDRESS.match(address)
    return link_in(found[1]) if found else None
