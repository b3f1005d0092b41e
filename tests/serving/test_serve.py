"""The real server as a process: it starts on any port, says in one line why it can't, and stops cleanly."""

import base64
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from webdoc_app.build import ROOT

SERVE = [sys.executable, "-c", "from webdoc_app.serve import serve; serve()"]
BUILD_AND_START_SECONDS = 180


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(data_dir, **settings: object) -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("WEBDOC_")}
    return plain | {"WEBDOC_DATA_DIR": str(data_dir)} | {name: str(value) for name, value in settings.items()}


@contextmanager
def server(data_dir, port: int) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        SERVE,
        cwd=ROOT,
        env=environment(data_dir, WEBDOC_PORT=port),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        wait_until_up(process, port)
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stdout:
            process.stdout.close()


def wait_until_up(process: subprocess.Popen[str], port: int) -> None:
    deadline = time.monotonic() + BUILD_AND_START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()[0]
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=5).close()
            return
        except urllib.error.URLError:
            # Not up yet: wait for the process rather than for the clock.
            try:
                process.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
    raise AssertionError("the server did not start")


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


def test_two_servers_of_one_folder_serve_one_build(tmp_path):
    first, second = free_port(), free_port()
    with server(tmp_path / "a", first), server(tmp_path / "b", second):
        pages = [
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10).read() for port in (first, second)
        ]

    assert pages[0] == pages[1]
    assert str(first).encode() not in pages[0]


def test_unknown_paths_below_a_link_are_never_the_shell(tmp_path):
    port = free_port()
    with server(tmp_path, port):
        for path in ("/d", "/d/", "/fr/d/x", "/en/d/x/y", "/d/x/y/z"):
            with pytest.raises(urllib.error.HTTPError) as answer:
                urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10)
            assert answer.value.code == 404
            assert b"__reactRouterContext" not in answer.value.read()


@pytest.mark.parametrize(
    ("settings", "code", "named"),
    [
        ({"WEBDOC_PORT": "none"}, 2, "WEBDOC_PORT"),
        ({"WEBDOC_WORKERS": 2}, 2, "WEBDOC_REDIS_URL"),
        ({"WEBDOC_PUBLIC_URL": "example.fr"}, 2, "WEBDOC_PUBLIC_URL"),
        ({"WEBDOC_DATABASE_URL": "postgresql+psycopg://x@127.0.0.1:1/x"}, 6, "database"),
    ],
)
def test_what_prevents_it_is_one_plain_line(tmp_path, settings, code, named):
    chosen = {"WEBDOC_PORT": free_port()} | settings
    done = subprocess.run(
        SERVE, cwd=ROOT, env=environment(tmp_path, **chosen), capture_output=True, text=True, check=False
    )

    assert done.returncode == code
    assert named in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_port_in_use_is_said_so(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = subprocess.run(
            SERVE,
            cwd=ROOT,
            env=environment(tmp_path, WEBDOC_PORT=port),
            capture_output=True,
            text=True,
            check=False,
        )

    assert done.returncode == 4
    assert f"127.0.0.1:{port}" in done.stderr
    assert len(done.stderr.splitlines()) == 1
