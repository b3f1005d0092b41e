"""A real server on a free port with the demo in it, and real Chromium."""

import json
import os
import re
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Server:
    origin: str
    email: str
    password: str
    link: str
    data_dir: Path


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("data")) as found:
        yield found


@contextmanager
def running(data_dir: Path, **settings: str) -> Iterator[Server]:
    """A server on a free port with the demo in it, and these settings more."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "WEBDOC_PORT": str(port),
        "WEBDOC_DATA_DIR": str(data_dir),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        **settings,
    }
    with subprocess.Popen(
        [sys.executable, "-m", "webdoc_app", "serve"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield _read_lines(process, f"http://localhost:{port}", data_dir)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=20)


def _read_lines(process: "subprocess.Popen[str]", origin: str, data_dir: Path) -> Server:
    assert process.stdout is not None
    email = password = ""
    for line in process.stdout:
        if match := re.match(r"Connexion : (\S+) +mot de passe : (\S+)", line.replace("\xa0", " ")):
            email, password = match[1], match[2]
        if match := re.match(r"Lien client : (\S+)", line.replace("\xa0", " ")):
            return Server(origin, email, password, match[1], data_dir)
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


@dataclass(frozen=True)
class Company:
    """The demo's company, as a program works for it, and as its database says it is."""

    server: Server
    client: httpx.Client

    def post(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = self.client.post(path, json=body or {})
        assert answer.status_code < 300, answer.text
        return dict(answer.json())

    def get(self, path: str) -> dict[str, Any]:
        return dict(self.client.get(path).raise_for_status().json())

    def issue(self, kind: str = "quote", **fields: Any) -> dict[str, Any]:
        """An issued document of one line of 100,00 € at 20 %, unless said otherwise."""
        body = {
            "kind": kind,
            "customer": {"name": "Claire Fontaine", "email": "claire@fontaine.example"},
            "lines": [{"description": "Table", "unit_price": "100"}],
            **fields,
        }
        return self.post(f"/documents/{self.post('/documents', body)['id']}/issue")

    def sql(self, statement: str, *values: object) -> list[Any]:
        with sqlite3.connect(self.server.data_dir / "webdoc.sqlite3", timeout=20) as database:
            return database.execute(statement, values).fetchall()

    def run(self, *arguments: str, given: str = "", **settings: str) -> "subprocess.CompletedProcess[str]":
        """A command of the product, on this company's data; `given` is its standard input."""
        return subprocess.run(
            [sys.executable, "-m", "webdoc_app", *arguments],
            cwd=ROOT,
            env={**os.environ, "WEBDOC_DATA_DIR": str(self.server.data_dir), **settings},
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="session")
def company(server: Server) -> Iterator[Company]:
    with working_for(first_company(server), server) as company:
        yield company


def first_company(server: Server) -> str:
    """The id of the demo's company."""
    query = "SELECT id FROM companies ORDER BY created_at"
    return str(Company(server, httpx.Client()).sql(query)[0][0])


@contextmanager
def working_for(company_id: str, server: Server) -> Iterator[Company]:
    """The company as a program works for it, with a key of its own."""
    made = Company(server, httpx.Client()).run("apikey", "create", "--company", company_id, "--name", "tests")
    headers = {"Authorization": f"Bearer {json.loads(made.stdout)['key']}"}
    with httpx.Client(base_url=f"{server.origin}/api/v1", headers=headers, timeout=30) as client:
        yield Company(server, client)


@pytest.fixture(scope="module")
def newcomer(server: Server) -> Iterator[Company]:
    """A company without a document, for what other tests' documents would hide; its server knows its sign-in."""
    email, password = f"{secrets.token_hex(6)}@nouveau.example", secrets.token_urlsafe(12)
    arguments = ("company", "create", "--name", "Nouveau", "--email", email, "--password", password)
    made = Company(server, httpx.Client()).run(*arguments)
    company_id = json.loads(made.stdout)["company_id"]
    with working_for(company_id, replace(server, email=email, password=password)) as company:
        yield company


def open_page(
    browser: Browser, address: str = "", *, width: int = 390, scripts: bool = True, **options: Any
) -> tuple[Page, list[str]]:
    """A page of its own context, at `address` if any, and what its console complains of."""
    settings = {"viewport": {"width": width, "height": 844}, "locale": "fr-FR", **options}
    page = browser.new_context(java_script_enabled=scripts, **settings).new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
    if address:
        page.goto(address)
        if scripts:
            expect(page.get_by_test_id("live")).to_be_visible()
    return page, complaints


@pytest.fixture(scope="module")
def _signed_in(browser: Browser, server: Server) -> Iterator[BrowserContext]:
    from tests.browser.people import merchant

    context = merchant(browser, server)
    yield context
    context.close()


@pytest.fixture
def desk(_signed_in: BrowserContext) -> Iterator[BrowserContext]:
    """The merchant, signed in once a module, with no page left open by the test before."""
    yield _signed_in
    for page in _signed_in.pages:
        page.close()
