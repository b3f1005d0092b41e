"""A real server on a free port with the demo in it, and real Chromium."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Server:
    origin: str
    email: str
    password: str
    link: str


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "WEBDOC_PORT": str(port),
        "WEBDOC_DATA_DIR": str(tmp_path_factory.mktemp("data")),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    with subprocess.Popen(
        [sys.executable, "-m", "webdoc_app", "serve"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield _read_lines(process, f"http://localhost:{port}")
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=20)


def _read_lines(process: "subprocess.Popen[str]", origin: str) -> Server:
    assert process.stdout is not None
    email = password = ""
    for line in process.stdout:
        if match := re.match(r"Connexion : (\S+) +mot de passe : (\S+)", line.replace("\xa0", " ")):
            email, password = match[1], match[2]
        if match := re.match(r"Lien client : (\S+)", line.replace("\xa0", " ")):
            return Server(origin, email, password, match[1])
    raise AssertionError("the server ended before it was up")


@pytest.fixture(scope="module")  # its event loop must end before asynchronous tests begin theirs
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield found
        found.close()
