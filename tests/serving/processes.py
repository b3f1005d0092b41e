"""The real server as a process of its own, in this environment but for the product's settings."""

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
def server(data_dir, port: int, **settings: object) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        SERVE,
        cwd=ROOT,
        env=environment(data_dir, WEBDOC_PORT=port, **settings),
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
