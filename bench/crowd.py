"""Pages that are open without a browser: a socket each, as a client's phone holds one."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import socketio

SOCKET = "/_event"
HYDRATE = "reflex___state____state.hydrate_and_load"


@contextmanager
def open_pages(origin: str, paths: Sequence[str]) -> Iterator[None]:
    """Holds one live page open for each path, as "/d/TOKEN", until it is left."""
    with ExitStack() as pages:
        for path in paths:
            pages.callback(_opened(origin, path).disconnect)
        yield


def _opened(origin: str, path: str) -> socketio.Client:
    page = socketio.Client(reconnection=False, websocket_extra_options={"origin": origin})
    place = {"pathname": path, "asPath": path, "query": {}}
    page.connect(
        f"{origin}?token={secrets.token_hex(16)}",
        transports=["websocket"],
        namespaces=[SOCKET],
        socketio_path=SOCKET,
        auth={"event": {"name": HYDRATE, "payload": {}, "router_data": place}},
        wait_timeout=30,
    )
    return page
