"""The server as `make run` starts it: production build, a free port, a data folder of its own."""

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from webdoc_app.build import ROOT

WEBDOC = (sys.executable, "-m", "webdoc_app")
STOP_SECONDS = 20
CUSTOMER = {"name": "Claire Fontaine", "email": "claire.fontaine@example.org"}


@dataclass(frozen=True)
class Server:
    """A running server, a login of its demo company, a program's way in, and the company as commands know it."""

    origin: str
    email: str
    password: str
    rest: httpx.Client
    company_id: str
    environment: dict[str, str]

    def issued_quote(self, lines: int = 4) -> dict[str, Any]:
        """A fresh quote that waits for its answer, as REST tells it."""
        return self.issued("quote", lines)

    def issued(self, kind: str, lines: int = 4) -> dict[str, Any]:
        """A fresh document, as REST tells it."""
        draft = {
            "kind": kind,
            "customer": CUSTOMER,
            "title": "Aménagement de la cuisine",
            "lines": [_line(number) for number in range(lines)],
        }
        document = self._post("/documents", draft)
        return self._post(f"/documents/{document['id']}/issue", {})

    def connect(self, provider: str, keys: dict[str, str]) -> str:
        """Connects the company's test account at a provider. Returns where its webhooks go."""
        arguments = ("--company", self.company_id, "--provider", provider, "--mode", "test")
        said = _command(self.environment, "payments", "connect", *arguments, given=json.dumps(keys))
        return str(said["webhook_url"])

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self.rest.post(path, json=body)
        answer.raise_for_status()
        return dict(answer.json())


def _line(number: int) -> dict[str, str]:
    description = f"Meuble bas n° {number + 1} en chêne massif\nFaçades affleurantes, huile naturelle"
    return {
        "description": description,
        "unit_price": "285.50",
        "quantity": "2",
        "unit": "u",
        "vat_rate": "10",
    }


@contextmanager
def running_server(**settings: str) -> Iterator[Server]:
    """Builds the pages where needed, starts, and stops on leaving. Limits are off: thirty answers a minute are ours.

    `settings` are variables of its environment.
    """
    with tempfile.TemporaryDirectory(prefix="webdoc-bench-") as data_dir:
        port = free_port()
        plain = {name: value for name, value in os.environ.items() if not name.startswith("WEBDOC_")}
        ours = {"WEBDOC_PORT": str(port), "WEBDOC_DATA_DIR": data_dir, "WEBDOC_LIMITS": "0"}
        environment = plain | ours | settings
        with _process(environment) as process:
            try:
                yield _when_up(process, f"http://localhost:{port}", environment)
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(STOP_SECONDS)


def _process(environment: dict[str, str]) -> "subprocess.Popen[str]":
    return subprocess.Popen([*WEBDOC, "serve"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)


def _when_up(process: "subprocess.Popen[str]", origin: str, environment: dict[str, str]) -> Server:
    """Reads the lines of the demo, which are printed once the server answers."""
    assert process.stdout is not None
    for line in process.stdout:
        if login := re.match(r"Connexion : (\S+) +mot de passe : (\S+)", line.replace("\xa0", " ")):
            company_id = _company_id(environment)
            made = _command(environment, "apikey", "create", "--company", company_id, "--name", "bench")
            headers = {"Authorization": f"Bearer {made['key']}"}
            rest = httpx.Client(base_url=f"{origin}/api/v1", headers=headers, timeout=60)
            return Server(origin, login[1], login[2], rest, company_id, environment)
    raise RuntimeError("the server ended before it was up")


def _company_id(environment: dict[str, str]) -> str:
    with closing(sqlite3.connect(Path(environment["WEBDOC_DATA_DIR"]) / "webdoc.sqlite3")) as database:
        return str(database.execute("SELECT id FROM companies").fetchone()[0])


def _command(environment: dict[str, str], *arguments: str, given: str = "") -> dict[str, Any]:
    """A command of the product on the server's data: what it says, which is JSON."""
    said = subprocess.run(
        [*WEBDOC, *arguments],
        cwd=ROOT,
        env=environment,
        input=given,
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(json.loads(said.stdout))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
