"""The real server on a data folder, killed and started again by a test."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from webdoc_app.build import ROOT

COMMAND = [sys.executable, "-m", "webdoc_app"]


@dataclass
class Site:
    """A server that is killed and started again on the same data."""

    folder: Path
    port: int
    settings: dict[str, str] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        plain = {name: value for name, value in os.environ.items() if not name.startswith("WEBDOC_")}
        ours = {
            "WEBDOC_DATA_DIR": str(self.folder),
            "WEBDOC_PORT": str(self.port),
            "WEBDOC_DEMO": "0",
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }
        return plain | ours | self.settings

    def run(self, *arguments: str, told: str = "") -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*COMMAND, *arguments],
            cwd=ROOT,
            env=self.environment,
            input=told,
            capture_output=True,
            text=True,
            check=False,
        )

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*COMMAND, "serve"],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        for _ in range(900):
            assert self.process.poll() is None, (self.folder / "log").read_text()
            try:
                urllib.request.urlopen(f"{self.origin}/health", timeout=5).close()
                return
            except (urllib.error.URLError, ConnectionError):
                # Not up yet: wait for the process rather than for the clock.
                with suppress(subprocess.TimeoutExpired):
                    self.process.wait(0.2)
        raise AssertionError("the server did not start")

    def kill(self) -> None:
        """Everything at once: the first process and its workers, which have groups of their own."""
        assert self.process is not None
        family = descendants(self.process.pid)
        for pid in family:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()


def descendants(pid: int) -> list[int]:
    found = [pid]
    for each in found:
        for children in Path(f"/proc/{each}/task").glob("*/children"):
            with suppress(OSError):
                found += [int(child) for child in children.read_text().split()]
    return found


@contextmanager
def site_in(folder: Path, **settings: str) -> Iterator[Site]:
    """Not started yet; stopped at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found = Site(folder, probe.getsockname()[1], settings)
    yield found
    if found.process and found.process.poll() is None:
        found.kill()


def rows(site: Site, statement: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(site.folder / "webdoc.sqlite3", timeout=20)) as connection:
        return connection.execute(statement).fetchall()
