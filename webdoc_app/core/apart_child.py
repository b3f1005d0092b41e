"""The child's side of `apart`: does one job after the other, within bounds it sets itself before anything else.

A job comes as a head (JSON: the function's name, its arguments) and data; it is noted as begun, so that whoever finds
this process dead knows whether the job was to blame; the answer goes back in the same form. Data only, never objects:
what decodes a stranger's file is not believed more than the file.
"""

import contextlib
import importlib
import json
import os
import resource
import select
import signal
import struct
import sys
import threading
import time
from typing import IO, Any

BEGUN = b"\x06"
HEAD = struct.Struct(">IQ")
"""Lengths of the head and of the data."""
LARGE_SHARE = 0.6
"""Of the memory: a child that once needed more ends after its answer, so that nothing large stays."""


def read_frame(stream: IO[bytes]) -> tuple[dict[str, Any], bytes] | None:
    """None where the other side is gone."""
    lengths = stream.read(HEAD.size)
    if len(lengths) < HEAD.size:
        return None
    head_length, data_length = HEAD.unpack(lengths)
    head, data = stream.read(head_length), stream.read(data_length)
    if len(head) < head_length or len(data) < data_length:
        return None
    return json.loads(head), data


def write_frame(stream: IO[bytes], head: dict[str, Any], data: bytes = b"") -> None:
    encoded = json.dumps(head).encode()
    stream.write(HEAD.pack(len(encoded), len(data)))
    stream.write(encoded)
    stream.write(data)
    stream.flush()


def main(memory: int, processor_seconds: int, jobs: int, idle_seconds: int) -> None:
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    for done in range(1, jobs + 1):
        if not select.select([sys.stdin.buffer], [], [], idle_seconds)[0]:
            return
        frame = read_frame(sys.stdin.buffer)
        if frame is None:
            return
        answers.write(BEGUN)
        answers.flush()
        _allow_processor(processor_seconds)
        head, data = _done(*frame)
        del frame
        is_last = done == jobs or _most_memory() > memory * LARGE_SHARE
        write_frame(answers, head | {"last": is_last}, data)
        if is_last:
            return


def _done(head: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    module, _, name = head["job"].partition(":")
    try:
        answer, made = getattr(importlib.import_module(module), name)(data, **head["arguments"])
    except BaseException as failure:  # noqa: BLE001 - WeasyPrint's refusal to fetch is a BaseException
        return {
            "failed": f"{type(failure).__name__}: {failure}"[:2_000].encode("utf-8", "replace").decode()
        }, b""
    return {"answer": answer}, made


def _allow_processor(seconds: int) -> None:
    """So much for this job: the system ends the process that takes more."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime) + 1 + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _most_memory() -> int:
    """Bytes this program held at most. What `getrusage` tells on Linux is also its parent's, from before it began."""
    with contextlib.suppress(OSError), open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123 - quick start
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _end_with_parent(parent: int) -> None:
    """A parent that was killed could not end its children; an idle one sees it at its input."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        main(*map(int, sys.argv[1:]))
    os._exit(0)  # nothing to tidy, and libraries' own endings take time
