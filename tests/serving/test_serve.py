"""The real server as a process: it starts on any port, and stops cleanly."""

import base64
import os
import signal
import socket
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest

from tests.faults.sites import descendants
from tests.serving.processes import free_port, server
from webdoc_app.build import PAGES
from webdoc_app.interpreter import known_holes, warning


def open_socket(port: int) -> socket.socket:
    """A websocket as a page opens it, past the greeting."""
    page = socket.create_connection(("127.0.0.1", port), timeout=10)
    key = base64.b64encode(os.urandom(16)).decode()
    page.sendall(
        f"GET /_event/?token=t&EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost:{port}\r\n"
        f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    greeting = b""
    while b'"sid"' not in greeting:
        greeting += page.recv(4096)
    return page


def is_running(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status")
    return status.exists() and "zombie" not in status.read_text()


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_quickly_and_silently_with_pages_open(tmp_path, told):
    port = free_port()
    with server(tmp_path, port) as process:
        pages = [open_socket(port) for _ in range(10)]
        started = time.monotonic()
        os.killpg(process.pid, told)
        said, _ = process.communicate(timeout=15)
        took = time.monotonic() - started
        for page in pages:
            page.close()

    assert process.returncode == 0
    assert took < 15
    assert "Traceback" not in said
    assert "panicked" not in said


def test_no_worker_outlives_a_first_process_that_was_killed(tmp_path):
    port = free_port()
    with server(tmp_path, port) as process:
        workers = [pid for pid in descendants(process.pid) if pid != process.pid]
        page = open_socket(port)
        process.kill()
        process.wait()
        # The socket ends with the worker that holds it.
        page.settimeout(20)
        with suppress(ConnectionResetError):
            while page.recv(4096):
                pass
        page.close()
    assert workers
    assert not any(is_running(pid) for pid in workers)


def test_two_servers_of_one_folder_serve_one_build(tmp_path):
    first, second = free_port(), free_port()
    with server(tmp_path / "a", first), server(tmp_path / "b", second):
        pages = [
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10).read() for port in (first, second)
        ]

    assert pages[0] == pages[1]
    assert str(first).encode() not in pages[0]


def test_another_address_rebuilds_nothing(tmp_path):
    with server(tmp_path, first := free_port()):
        built = {folder: folder.stat().st_ino for folder in PAGES.glob("*/build")}
        page = urllib.request.urlopen(f"http://127.0.0.1:{first}/theme.css", timeout=10).read()
    settings = {"WEBDOC_PUBLIC_URL": "https://documents.example.fr", "WEBDOC_DEMO": 0}
    with server(tmp_path / "elsewhere", second := free_port(), **settings) as process:
        again = urllib.request.urlopen(f"http://127.0.0.1:{second}/theme.css", timeout=10).read()
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=15)

    assert {folder: folder.stat().st_ino for folder in PAGES.glob("*/build")} == built
    assert again == page
    first_comer = "nobody has an account yet: whoever opens https://documents.example.fr/signup first founds the company"
    lines = [line for line in said.splitlines() if line != warning(known_holes())]
    assert lines == [f"webdoc: {first_comer} (or do it now: `company create`)"]


def test_unknown_paths_below_a_link_are_never_the_shell(tmp_path):
    port = free_port()
    with server(tmp_path, port):
        for path in ("/d", "/d/", "/fr/d/x", "/en/d/x/y", "/d/x/y/z"):
            with pytest.raises(urllib.error.HTTPError) as answer:
                urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10)
            assert answer.value.code == 404
            assert b"__reactRouterContext" not in answer.value.read()
