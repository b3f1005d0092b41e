"""Work in child processes: bounded, replaced, gone with whoever started it."""

import asyncio
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from webdoc_app.core.apart import ROOT, Apart, Bounds, Closed, Died, Failed, TookTooLong

MEGABYTE = 2**20
HERE = "tests.core.test_apart"


def job_turned(data: bytes, **arguments: Any) -> tuple[Any, bytes]:
    print("noise")
    return {"pid": os.getpid(), **arguments}, data[::-1]


def job_of_memory(data: bytes, *, megabytes: int) -> tuple[Any, bytes]:
    return len(b"x" * megabytes * MEGABYTE), b""


def job_without_end(data: bytes) -> tuple[Any, bytes]:
    while True:
        pass


def job_that_waits(data: bytes) -> tuple[Any, bytes]:
    time.sleep(600)
    return None, b""


def job_that_crashes(data: bytes) -> tuple[Any, bytes]:
    os.kill(os.getpid(), signal.SIGSEGV)
    return None, b""


def job_environment(data: bytes) -> tuple[Any, bytes]:
    return dict(os.environ), b""


@pytest.fixture
def apart() -> Iterator[Apart]:
    made = Apart(1, Bounds(memory=800 * MEGABYTE, processor_seconds=1))
    yield made
    made.close()


async def run(apart: Apart, job: Any, data: bytes = b"", **arguments: Any) -> Any:
    return await apart.run(f"{HERE}:{job.__name__}", data, arguments, seconds=60)


async def test_data_goes_out_and_comes_back_and_the_child_stays_warm(apart: Apart) -> None:
    large = os.urandom(3 * MEGABYTE)
    first, turned = await run(apart, job_turned, large, name="é\ud800")
    assert turned == large[::-1]
    assert first["name"] == "é\ud800"
    assert first["pid"] != os.getpid()
    again, _ = await run(apart, job_turned)
    assert again["pid"] == first["pid"]


async def test_too_much_memory_is_not_given(apart: Apart) -> None:
    with pytest.raises(Failed, match="MemoryError"):
        await run(apart, job_of_memory, megabytes=2_000)
    assert (await run(apart, job_of_memory, megabytes=1))[0] == MEGABYTE


async def test_what_needed_much_memory_is_replaced(apart: Apart) -> None:
    before, _ = await run(apart, job_turned)
    await run(apart, job_of_memory, megabytes=500)
    after, _ = await run(apart, job_turned)
    assert after["pid"] != before["pid"]


@pytest.mark.parametrize("job", [job_without_end, job_that_crashes])
async def test_what_never_ends_or_crashes_takes_its_child_alone(apart: Apart, job: Any) -> None:
    with pytest.raises(Died):
        await run(apart, job)
    assert (await run(apart, job_turned, b"ab"))[1] == b"ba"


async def test_the_deadline_ends_what_waits(apart: Apart) -> None:
    with pytest.raises(TookTooLong):
        await apart.run(f"{HERE}:{job_that_waits.__name__}", b"x" * 3 * MEGABYTE, seconds=0.5)
    assert (await run(apart, job_turned, b"ab"))[1] == b"ba"


async def test_a_child_ended_while_idle_is_replaced_without_anybody_noticing(apart: Apart) -> None:
    first, _ = await run(apart, job_turned)
    os.kill(first["pid"], signal.SIGKILL)
    second, _ = await run(apart, job_turned)
    assert second["pid"] != first["pid"]


async def test_a_child_knows_no_secrets(apart: Apart, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBDOC_SECRET_KEYS", "k" * 32)
    told, _ = await run(apart, job_environment)
    assert not [name for name in told if name.startswith("WEBDOC")]


async def test_after_so_many_jobs_a_new_child_does_the_next() -> None:
    """However large the server itself is: what it holds is no memory of the child."""
    held = bytearray(500 * MEGABYTE)
    apart = Apart(1, Bounds(memory=400 * MEGABYTE, processor_seconds=5, jobs=2))
    try:
        pids = [(await run(apart, job_turned))[0]["pid"] for _ in range(4)]
    finally:
        apart.close()
    assert pids[0] == pids[1] != pids[2] == pids[3]
    assert held


async def test_closing_ends_what_is_under_way(apart: Apart) -> None:
    await run(apart, job_turned)
    waiting = asyncio.create_task(run(apart, job_that_waits))
    await asyncio.sleep(0)
    [pid] = apart.pids()
    apart.close()
    assert not Path(f"/proc/{pid}").exists()  # noqa: ASYNC240
    with pytest.raises(Closed):
        await waiting


HOLDER = f"""
import asyncio, os
from webdoc_app.core.apart import Apart, Bounds
async def main():
    apart = Apart(1, Bounds(400 * 2**20, 60))
    asyncio.create_task(apart.run("{HERE}:job_that_waits", b"", seconds=600))
    while not apart.pids():
        await asyncio.sleep(0.01)
    print(apart.pids()[0], flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""


def test_a_child_ends_with_a_parent_that_was_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDER], cwd=ROOT, stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        child = os.pidfd_open(int(parent.stdout.readline()))
        parent.kill()
    # Readable once the process has ended, whoever its parent is then.
    ended, _, _ = select.select([child], [], [], 30)
    os.close(child)
    assert ended == [child]
