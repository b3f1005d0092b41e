"""A PostgreSQL of the tests' own: a fresh cluster in a temporary folder, on a free port, stopped afterwards."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_ACCOUNT = "postgres"


def programs() -> Path | None:
    """The newest server's folder: Debian keeps it out of PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


@contextmanager
def cluster(programs_in: Path) -> Iterator[str]:
    """Yields the URL up to the database's name: `postgresql+psycopg://postgres@127.0.0.1:PORT/`."""
    folder = Path(tempfile.mkdtemp(prefix="webdoc-pg-"))
    # PostgreSQL refuses to run as root: root lends it the account Debian made for it.
    as_account = ["runuser", "-u", _ACCOUNT, "--"] if os.getuid() == 0 else []
    if as_account:
        shutil.chown(folder, _ACCOUNT, _ACCOUNT)
    data = str(folder / "data")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def run(program: str, *arguments: str) -> None:
        command = [*as_account, str(programs_in / program), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder)

    run("initdb", "-D", data, "-U", _ACCOUNT, "-A", "trust", "-E", "UTF8", "--no-sync")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    run("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"postgresql+psycopg://{_ACCOUNT}@127.0.0.1:{port}/"
    finally:
        run("pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)
