"""Work on what strangers send, in child processes with bounded memory and time.

A child that grows too large, takes too long or crashes ends alone; the server goes on. Children are programs of their
own, not forks of the server: nothing of its threads, sockets or secrets is in them. One is kept warm for the next job,
and replaced after so many, or after one that needed much memory. They end by themselves when the server does.
"""

import asyncio
import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from webdoc_app.core import apart_child
from webdoc_app.core.apart_child import BEGUN, read_frame, write_frame

ROOT = Path(__file__).resolve().parents[2]


class Failed(Exception):
    """The job raised; the message names what, for a log."""


class Died(Exception):
    """The child ended while it was at the job: too much memory, too long, a crash."""


class TookTooLong(Died):
    """It was ended at its deadline."""


class Closed(Exception):
    """No more jobs are taken."""


@dataclass(frozen=True)
class Bounds:
    """Of a child: bytes of address space, seconds of processor a job, jobs before it is replaced, seconds idle."""

    memory: int
    processor_seconds: int
    jobs: int = 100
    idle_seconds: int = 300


@dataclass
class _Child:
    process: "subprocess.Popen[bytes]"
    is_late: bool = False
    is_fresh: bool = True
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def end(self) -> None:
        with self._lock:
            self.process.kill()
            self.process.wait()
            for stream in (self.process.stdin, self.process.stdout):
                with contextlib.suppress(OSError):
                    if stream:
                        stream.close()

    def be_late(self) -> None:
        """The rest is for whoever reads its answer, and now finds its end."""
        self.is_late = True
        self.process.kill()


class _NeverBegun(Exception):
    """The child was gone before it took the job: no fault of the job."""


class Apart:
    """`places` children at once, started at the first job, in a thread each that waits for them."""

    def __init__(self, places: int, bounds: Bounds) -> None:
        self._places = places
        self._bounds = bounds
        self._threads: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()
        self._idle: list[_Child] = []
        self._busy: list[_Child] = []
        self._closed = False

    async def run(
        self, job: str, data: bytes, arguments: Mapping[str, Any] | None = None, *, seconds: float
    ) -> tuple[Any, bytes]:
        """What `job` (`module:function`) makes of the data: a value of JSON, and bytes. Ended after `seconds`.

        Raises Failed where it raises, Died, TookTooLong, Closed.
        """
        return await asyncio.get_running_loop().run_in_executor(
            self._running_threads(), self._run, job, data, dict(arguments or {}), seconds
        )

    def close(self) -> None:
        """Ends the children at once; what they are at is given up."""
        with self._lock:
            self._closed = True
            children, threads = [*self._idle, *self._busy], self._threads
            self._idle.clear()
        for child in children:
            child.process.kill()
        for child in children:
            child.process.wait()
        if threads:
            threads.shutdown(wait=True)
        for child in children:
            child.end()

    def pids(self) -> list[int]:
        """Of the children that run."""
        with self._lock:
            return [child.process.pid for child in (*self._idle, *self._busy)]

    def _running_threads(self) -> ThreadPoolExecutor:
        with self._lock:
            if self._closed:
                raise Closed
            if self._threads is None:
                self._threads = ThreadPoolExecutor(self._places, thread_name_prefix="apart")
            return self._threads

    def _run(self, job: str, data: bytes, arguments: dict[str, Any], seconds: float) -> tuple[Any, bytes]:
        head = {"job": job, "arguments": arguments}
        while True:
            child = self._taken()
            try:
                answer, made = self._ask(child, head, data, seconds)
                break
            except _NeverBegun:
                self._drop(child)
                # One that waited may have been ended from outside, or by itself, just before; a new one may not.
                if child.is_fresh:
                    raise Died("the child could not be started") from None
            except BaseException:
                self._drop(child)
                raise
        if answer.pop("last"):
            self._drop(child)
        else:
            self._put_back(child)
        if "failed" in answer:
            raise Failed(answer["failed"])
        return answer["answer"], made

    def _ask(
        self, child: _Child, head: dict[str, Any], data: bytes, seconds: float
    ) -> tuple[dict[str, Any], bytes]:
        stdin, stdout = child.process.stdin, child.process.stdout
        assert stdin and stdout
        deadline = threading.Timer(seconds, child.be_late)
        deadline.daemon = True
        deadline.start()
        begun = False
        try:
            write_frame(stdin, head, data)
            begun = stdout.read(1) == BEGUN
            frame = read_frame(stdout) if begun else None
        except (OSError, ValueError):
            frame = None
        finally:
            deadline.cancel()
        if frame:
            return frame
        if self._closed:
            raise Closed
        if child.is_late:
            raise TookTooLong(f"more than {seconds} s")
        if not begun:
            raise _NeverBegun
        raise Died(f"the child ended ({child.process.wait()})")

    def _taken(self) -> _Child:
        with self._lock:
            if self._closed:
                raise Closed
            if self._idle:
                child = self._idle.pop()
                child.is_fresh = False
            else:
                child = _Child(_started(self._bounds))
            self._busy.append(child)
            return child

    def _put_back(self, child: _Child) -> None:
        with self._lock:
            self._busy.remove(child)
            if not self._closed:
                self._idle.append(child)

    def _drop(self, child: _Child) -> None:
        with self._lock:
            self._busy.remove(child)
        child.end()


def _started(bounds: Bounds) -> "subprocess.Popen[bytes]":
    numbers = (bounds.memory, bounds.processor_seconds, bounds.jobs, bounds.idle_seconds)
    return subprocess.Popen(
        [sys.executable, "-m", apart_child.__name__, *map(str, numbers)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # libraries quote what they choke on
        cwd=ROOT,
        env=_environment(),
        process_group=0,  # a terminal's Ctrl-C is for the server: it decides when this one ends
    )


def _environment() -> dict[str, str]:
    """What Python and libraries need to run; none of the server's settings, some of which are secrets."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH")
    path = os.pathsep.join(str(Path(entry or ".").resolve()) for entry in (str(ROOT), *sys.path))
    # Arenas of glibc: each thread would reserve 64 MB of the address space that is bounded.
    return {name: os.environ[name] for name in kept if name in os.environ} | {
        "PYTHONPATH": path,
        "PYTHONDONTWRITEBYTECODE": "1",
        "MALLOC_ARENA_MAX": "2",
    }
