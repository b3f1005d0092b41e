"""The protocol below the events: which of its messages a client may send, and how much waits for one to read.

python-socketio calls the namespace's methods by the name a client gives: `connect`, say, with a handshake of the
client's own making, another network's address and another's cookie in it. Only what a page sends goes through.
"""

from typing import Any

import reflex as rx

CLIENT_EVENTS = frozenset({"event", "client_error"})
MOST_UNSENT = 500
"""Packets that wait for one socket to take them."""


def take_only_what_pages_send(app: rx.App) -> None:
    sio: Any = app.sio
    handle = sio._handle_event

    async def handle_event(eio_sid: str, namespace: str, id: int | None, data: Any) -> None:
        if isinstance(data, list) and data and isinstance(data[0], str) and data[0] in CLIENT_EVENTS:
            # Nobody of ours asks for a receipt.
            await handle(eio_sid, namespace, None, data)

    sio._handle_event = handle_event


def bound_what_waits(app: rx.App) -> None:
    """A socket whose reader is far behind gets nothing more: its transport hangs up on it, and it reads anew then."""
    namespace: Any = app.event_namespace
    emit = namespace.emit_update

    async def emit_update(update: Any, token: str) -> None:
        if not _is_behind(app, token):
            await emit(update, token)

    namespace.emit_update = emit_update


def _is_behind(app: rx.App, token: str) -> bool:
    sio: Any = app.sio
    record = app.event_namespace._token_manager.token_to_socket.get(token)
    eio_sid = sio.manager.eio_sid_from_sid(record.sid, app.event_namespace.namespace) if record else None
    socket = sio.eio.sockets.get(eio_sid) if eio_sid else None
    return socket is not None and socket.queue.qsize() >= MOST_UNSENT
