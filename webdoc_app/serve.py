"""`serve`: from a bare folder to one process tree on one port, and cleanly back.

Exit codes: 0 stopped as asked, 1 the server failed, 2 a setting, 3 a system library, 4 the port,
5 the build, 6 the database or the data folder, 7 Redis.
"""

import ctypes
import ctypes.util
import gc
import http.client
import os
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from pydantic import ValidationError
from starlette.types import ASGIApp

from webdoc_app import interpreter
from webdoc_app.build import ROOT, BuildFailed, build_pages
from webdoc_app.settings import Settings, database_setting, faults_of, settings

# What WeasyPrint loads, and the Debian packages that hold it (also in deploy/system-packages.sh).
PDF_LIBRARIES = {
    "gobject-2.0": "libpango-1.0-0",
    "pango-1.0": "libpango-1.0-0",
    "pangoft2-1.0": "libpangoft2-1.0-0",
    "harfbuzz": "libharfbuzz0b",
    "harfbuzz-subset": "libharfbuzz-subset0",
    "fontconfig": "fontconfig",
}

# A stop has 15 s: workers get most of it to let go of open pages before they are ended.
WORKERS_STOP_SECONDS = 8


def serve() -> NoReturn:
    """Prepare what is missing, serve until told to stop (SIGINT, SIGTERM), exit."""
    _stop_when_told()
    # Database, secret and backups are their owner's alone; built pages hold nothing of anybody's.
    os.umask(0o077)
    ours = _checked_settings()
    _check_pdf_libraries()
    _check_port(ours)
    _prepare_data(ours)
    _prepare_history(ours)
    _check_redis(ours)
    try:
        built = build_pages()
    except BuildFailed as failure:
        _refuse(5, str(failure))
    lines = _prepare_demo(ours)
    # What prevents a start is one line: what is only to be known comes once nothing does.
    if told := interpreter.warning(interpreter.known_holes()):
        print(told, file=sys.stderr)
    _warn_of_open_folder(ours.data_dir)
    _warn_of_open_door(ours)
    _set_reflex_environment(built)
    _run_server(ours, lines)


def _stop_when_told() -> None:
    """Until the server takes over the signals: what is being prepared, a build say, is given up."""
    for told in (signal.SIGINT, signal.SIGTERM):
        signal.signal(told, lambda *_: sys.exit(0))


def _checked_settings() -> Settings:
    try:
        # Serving happens in the project's folder, data where the operator stands.
        os.environ["WEBDOC_DATA_DIR"] = str(Settings().data_dir.absolute())
    except ValidationError as refused:
        _refuse(2, faults_of(refused))
    settings.cache_clear()
    os.chdir(ROOT)
    return settings()


def _check_pdf_libraries() -> None:
    missing = {package: None for library, package in PDF_LIBRARIES.items() if not _loads(library)}
    if missing:
        sudo = "" if os.getuid() == 0 else "sudo "
        _refuse(3, f"libraries for PDFs are missing, type: {sudo}apt-get install {' '.join(missing)}")


def _loads(library: str) -> bool:
    """Where a library is found by another name than Linux's, it is found by the system's own search."""
    for name in (f"lib{library}.so.0", f"lib{library}.so.1", ctypes.util.find_library(library)):
        try:
            if name and ctypes.CDLL(name):
                return True
        except OSError:
            continue
    return False


def _check_port(ours: Settings) -> None:
    """The server shares its port between workers, so it would not notice another one on it."""
    family = socket.AF_INET6 if ":" in ours.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe, socket.socket(family) as caller:
        # As the server does it, so that connections of a server just stopped are no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        try:
            probe.bind((ours.host, ours.port))
        except OSError as error:
            _refuse(4, f"cannot listen on {ours.host}:{ours.port} (WEBDOC_PORT): {error.strerror}")
        caller.settimeout(5)
        if caller.connect_ex((_own_address(ours.host), ours.port)) == 0:
            _refuse(4, f"cannot listen on {ours.host}:{ours.port} (WEBDOC_PORT): something answers there")


def _own_address(host: str) -> str:
    """Where a server listening on `host` is reached from here."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)


def _prepare_data(ours: Settings) -> None:
    from webdoc_app.domain.errors import Refusal
    from webdoc_app.services.database import migrate, why_unusable
    from webdoc_app.services.keys import load_keys

    try:
        ours.data_dir.mkdir(0o700, parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=ours.data_dir).close()
        load_keys(ours.secret_keys, ours.data_dir)
    except OSError as error:
        _refuse(6, f"WEBDOC_DATA_DIR: cannot write in {ours.data_dir}: {error.strerror}")
    except Refusal as refusal:
        _refuse(2, f"WEBDOC_SECRET_KEYS: {refusal.sentence % refusal.params}")
    try:
        migrate(ours.database)
    except Exception as error:
        if (why := why_unusable(error)) is None:
            raise
        _refuse(6, f"{database_setting(ours)}: the database cannot be used: {why}")


def _prepare_history(ours: Settings) -> None:
    """Before any worker writes: keys are at hand, and a history from before an upgrade is sealed."""
    import asyncio

    from webdoc_app.services.history_care import begin
    from webdoc_app.services.work import runtime
    from webdoc_app.wiring import wire

    wire(ours)

    async def prepare() -> None:
        try:
            await begin()
        finally:
            await runtime().engine.dispose()

    asyncio.run(prepare())


def _warn_of_open_folder(folder: Path) -> None:
    """A folder that was there keeps its mode: it may be shared on purpose, and files in it from before are as they are."""
    if folder.stat().st_mode & 0o077:
        print(f"webdoc: others may look into {folder}: chmod -R go= {folder}", file=sys.stderr)


def _check_redis(ours: Settings) -> None:
    """Redis may be away later for a while; at a start, that it never answers is a setting to mend."""
    if not ours.redis_url:
        return
    from redis import Redis
    from redis.exceptions import RedisError

    try:
        with Redis.from_url(ours.redis_url, socket_timeout=5, socket_connect_timeout=5) as redis:
            redis.ping()
    except (RedisError, ValueError) as error:
        _refuse(7, f"WEBDOC_REDIS_URL: Redis does not answer: {str(error).splitlines()[0]}")


def _prepare_demo(ours: Settings) -> Sequence[str]:
    """Create the demo company in an empty database; returns the lines that tell how to get in."""
    if not ours.demo:
        return []
    from webdoc_app.demo import ensure_demo

    return ensure_demo()


def _warn_of_open_door(ours: Settings) -> None:
    """Before there is a company, whoever finds a public address first founds it."""
    from urllib.parse import urlsplit

    from webdoc_app.services.database import has_company

    if urlsplit(ours.origin).hostname not in ("localhost", "127.0.0.1", "::1") and not has_company(
        ours.database
    ):
        told = f"nobody has an account yet: whoever opens {ours.origin}/signup first founds the company"
        print(f"webdoc: {told} (or do it now: `company create`)", file=sys.stderr)


def _set_reflex_environment(built: Path) -> None:
    os.environ |= {
        "REFLEX_ENV_MODE": "prod",
        # The pages are built: workers only load what is behind them, and write nothing shared.
        "REFLEX_WEB_WORKDIR": str(built),
        "__REFLEX_SKIP_COMPILE": "true",
        "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",
        "REFLEX_DIR": str(built / "reflex"),
        "REFLEX_TELEMETRY_ENABLED": "false",
        "REFLEX_CHECK_LATEST_VERSION": "false",
        # A phone that lost its network is noticed soon, and its return is not taken for a second tab.
        "REFLEX_SOCKET_TIMEOUT": "20s",
    }


def _run_server(ours: Settings, lines: Sequence[str]) -> NoReturn:
    from granian.constants import Interfaces, RuntimeModes
    from granian.log import LogLevels
    from granian.server import Server

    server = Server(
        f"{__name__}:{worker_app.__name__}",
        factory=True,
        address=ours.host,
        port=ours.port,
        interface=Interfaces.ASGI,
        # The other mode now and then panics on stderr when it stops with open sockets (granian 884).
        runtime_mode=RuntimeModes.st,
        workers=ours.workers,
        workers_kill_timeout=WORKERS_STOP_SECONDS,
        log_level=LogLevels.warning,
        # Paths hold the links' tokens: they are never logged.
        log_access=False,
        # Every open page holds a socket, and a socket counts as a request under way.
        backlog=2048,
        backpressure=16384,
    )
    server.on_startup(lambda: _announce_when_up(ours, lines))
    try:
        server.serve()
    except SystemExit:
        # Ctrl-C reaches the workers too; one that was quicker than us is no failure.
        if not server.interrupt_signal:
            raise
    sys.exit(0)


def worker_app() -> ASGIApp:
    """What each worker serves; it stops when the first process stops it, or ends without doing so."""
    # In a group of its own a worker doesn't get the terminal's Ctrl-C: two signals at once, that one and
    # the first process's, would interrupt it in the middle of letting go of its sockets.
    os.setpgid(0, 0)
    _end_with_parent()
    _let_others_in()
    from webdoc_app.core.log_lines import log_in_plain_lines
    from webdoc_app.http.app import at_the_edge
    from webdoc_app.webdoc_app import app

    asgi: ASGIApp = app()
    log_in_plain_lines()
    return at_the_edge(asgi)


def _let_others_in() -> None:
    """However much Python has to do, the thread that takes requests in is soon heard, and no pause is long.

    That thread asks for the interpreter several times a request, and waits this long each time (the default: 5 ms).
    Full collections walk through every open tab: with a thousand of them a quarter of a second, so they are rare.
    """
    sys.setswitchinterval(0.0005)
    gc.set_threshold(5_000, 20, 100)


def _end_with_parent() -> None:
    """Linux only: elsewhere a killed first process leaves its workers to be stopped by hand.

    Killed, not told: granian's worker waits for ever when it is told a second time, and would keep the port.
    """
    if sys.platform == "linux":
        parent_death_signal = 1  # PR_SET_PDEATHSIG in <linux/prctl.h>
        ctypes.CDLL(None).prctl(parent_death_signal, signal.SIGKILL)


def _announce_when_up(ours: Settings, lines: Sequence[str]) -> None:
    """Print the lines once the first answer comes: whoever reads them may come at once."""
    threading.Thread(target=_announce, args=(ours, lines), daemon=True).start()


def _announce(ours: Settings, lines: Sequence[str]) -> None:
    tick = threading.Event()
    while not tick.wait(0.2):
        connection = http.client.HTTPConnection(_own_address(ours.host), ours.port, timeout=5)
        try:
            connection.request("GET", "/health")
            connection.getresponse().read()
        except OSError:
            continue
        finally:
            connection.close()
        break
    for line in lines:
        print(line, flush=True)


def _refuse(code: int, reason: str) -> NoReturn:
    print(f"webdoc: {reason}", file=sys.stderr)
    sys.exit(code)
