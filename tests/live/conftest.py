"""The real server on a free port, with two companies, its log kept."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.live.site import Company, Site
from webdoc_app.build import ROOT

START_SECONDS = 180


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("site")) as found:
        yield found


@contextmanager
def running_site(folder: Path, **settings: str) -> Iterator[Site]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WEBDOC_")} | {
        "WEBDOC_PORT": str(port),
        "WEBDOC_DATA_DIR": str(folder),
        "WEBDOC_DEMO": "0",
        "WEBDOC_LIMITS": "0",
        **settings,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    log = folder / "log"
    command = [sys.executable, "-m", "webdoc_app"]
    with log.open("wb") as said:
        process = subprocess.Popen([*command, "serve"], cwd=ROOT, env=environment, stdout=said, stderr=said)
    try:
        origin = f"http://localhost:{port}"
        _wait_until_up(process, origin, log)
        companies = [_company(command, environment, origin, name) for name in ("Ours", "Theirs")]
        with httpx.Client(timeout=30) as browser:
            yield Site(origin, folder / "webdoc.sqlite3", log, browser, *companies)
        for company in companies:
            company.rest.close()
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        finally:
            process.kill()


def _wait_until_up(process: "subprocess.Popen[bytes]", origin: str, log: Path) -> None:
    for _ in range(START_SECONDS * 5):
        assert process.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(f"{origin}/health", timeout=5).close()
            return
        except urllib.error.URLError:
            # Not up yet: wait for the process rather than for the clock.
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.2)
    raise AssertionError(log.read_text())


def _company(command: list[str], environment: dict[str, str], origin: str, name: str) -> Company:
    def run(*arguments: str) -> Any:
        done = subprocess.run(
            [*command, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
        return json.loads(done.stdout)

    email, password = f"{name.lower()}@example.org", "motdepasse"
    made = run("company", "create", "--name", name, "--email", email, "--password", password)
    key = run("apikey", "create", "--company", made["company_id"], "--name", "test")["key"]
    with httpx.Client() as browser:
        answer = browser.post(f"{origin}/login", data={"email": email, "password": password})
    cookie = "; ".join(f"{item.name}={item.value}" for item in answer.cookies.jar)
    assert cookie
    rest = httpx.Client(base_url=f"{origin}/api/v1", headers={"Authorization": f"Bearer {key}"}, timeout=30)
    return Company(name, rest, cookie)
