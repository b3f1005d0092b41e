"""The socket's door: what no page of ours would send is dropped before the framework sees it.

Of an unknown handler the framework would log the whole event - the link's token in the address, the session in
the cookie - and of a call that doesn't fit its handler a traceback. A page of an older build comes here too: it
learns of the mismatch when it connects. What is within the limits of requests goes on; see also http/socket_gate.
"""

import logging
import re
from typing import Any
from urllib.parse import parse_qs

import reflex as rx

from webdoc_app.services.cookies import cookie_name, session_secret
from webdoc_app.ui import client_limits
from webdoc_app.ui.failures import log_page_report
from webdoc_app.ui.seams.events import REPORT, cleaned
from webdoc_app.ui.seams.fair_events import has_room, take_turns
from webdoc_app.ui.seams.tabs import tab_of, tabs
from webdoc_app.ui.seams.wire import bound_what_waits, take_only_what_pages_send

logger = logging.getLogger(__name__)

TAB_NAME = re.compile(r"[\w-]{1,100}", re.ASCII)
HEADERS_KEPT = ("host", "origin", "user-agent", "accept-language", "asgi-scope-client")
LONGEST_HEADER = 500


def guard_door(app: rx.App) -> None:
    """Puts the checks in front of every connection and every event, the one that comes with it included."""
    tabs.use(app)
    take_only_what_pages_send(app)
    bound_what_waits(app)
    _guard_connections(app)
    _guard_events(app)


def _guard_connections(app: rx.App) -> None:
    namespace: Any = app.event_namespace
    connect, disconnect, static_data = (
        namespace.on_connect, namespace.on_disconnect, namespace._build_static_router_data,
    )  # fmt: skip

    async def on_connect(sid: str, environ: dict[str, Any], auth: Any = None) -> Any:
        names = parse_qs(environ.get("QUERY_STRING", "")[:1_000]).get("token", [])
        if not names or not TAB_NAME.fullmatch(names[0]):
            return False
        take_turns(app)
        return await connect(sid, environ, auth)

    async def link_token_to_sid(sid: str, token: str, **how: Any) -> None:
        await link(sid, token, **how)
        environ = app.sio.get_environ(sid, namespace.namespace) if app.sio else None
        tabs.came(namespace.sid_to_token[sid], tab_of(environ or {}))

    def on_disconnect(sid: str, *_: Any) -> Any:
        name = namespace.sid_to_token.get(sid)
        record = namespace._token_manager.token_to_socket.get(name)
        if name and record and record.sid == sid:
            tabs.went(name)
        return disconnect(sid)

    def build_static_router_data(sid: str, environ: dict[str, Any]) -> dict[str, Any]:
        """A tab keeps of its headers what is read of them: the session, and who it says it is."""
        data: dict[str, Any] = static_data(sid, environ)
        headers = data["headers"]
        kept = {name: headers[name][:LONGEST_HEADER] for name in HEADERS_KEPT if name in headers}
        if secret := session_secret(headers.get("cookie", "")):
            kept["cookie"] = f"{cookie_name()}={secret[:LONGEST_HEADER]}"
        return {**data, "headers": kept}

    link = namespace.link_token_to_sid
    namespace.on_connect, namespace.on_disconnect = on_connect, on_disconnect
    namespace.link_token_to_sid = link_token_to_sid
    namespace._build_static_router_data = build_static_router_data


def _guard_events(app: rx.App) -> None:
    namespace: Any = app.event_namespace
    pass_on = namespace.on_event

    async def on_event(sid: str, *data: Any) -> None:
        name = namespace.sid_to_token.get(sid)
        tab = tabs.find(name) if name else None
        event = cleaned(data[0]) if tab and len(data) == 1 else None
        if name is None or tab is None or event is None:
            logger.info("an event was dropped: no page sends it")
        elif event["name"] == REPORT:
            log_page_report(event["payload"], tab.network)
        elif has_room(app, name) and await client_limits.allow_event(event, tab):
            await pass_on(sid, event)

    namespace.on_event = on_event
