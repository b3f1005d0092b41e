"""Killed at any step of sending a mail: it arrives, and twice at most, as the very same mail."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from tests.factories.smtp import Script, serve
from tests.serving.processes import environment
from webdoc_app.build import ROOT
from webdoc_app.services import database

WORKER = """
import asyncio, sys
from datetime import timedelta
from webdoc_app.integrations.mail.smtp import SmtpPostman
from webdoc_app.postman import delivering
from webdoc_app.services.outbox import LEASE, deliver_due
from webdoc_app.services.work import runtime
from webdoc_app.settings import settings
from webdoc_app.wiring import wire

wire(settings())
clock = runtime().clock
if sys.argv[2] == "later":
    runtime().clock = lambda: clock() + LEASE + timedelta(seconds=1)
asyncio.run(deliver_due(delivering(SmtpPostman(sys.argv[1]))))
"""
MOMENT = "2026-01-01T08:00:00.000000Z"
ROW = (
    "INSERT INTO outbox_mails (id, purpose, to_name, to_email, from_name, reply_to, subject, text_body, html_body,"
    " attachments, message_id, state, attempts, next_at, last_error, created_at)"
    f" VALUES ('m', 'document', 'Claire', 'c@example.org', 'Morel', '', 'Devis', 'Bonjour', '<p>Bonjour</p>', '[]',"
    f" '<m@example.org>', 'queued', 0, '{MOMENT}', '', '{MOMENT}')"
)


def work(folder: Path, url: str, when: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-c", WORKER, url, when]
    return subprocess.Popen(command, cwd=ROOT, env=environment(folder))


@pytest.mark.parametrize(
    ("step", "deliveries"), [("mail", 1), ("rcpt", 1), ("data", 2), ("taken", 2), ("quit", 2)]
)
def test_a_mail_whose_sender_is_killed_arrives_and_twice_at_most(
    tmp_path: Path, step: str, deliveries: int
) -> None:
    file = tmp_path / "webdoc.sqlite3"
    database.migrate(f"sqlite:///{file}")
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(ROW)
    reached, go_on = threading.Event(), threading.Event()
    writing = sqlite3.connect(file, check_same_thread=False, isolation_level=None)

    def before(name: str) -> None:
        if name != step or reached.is_set():
            return
        if step == "quit":
            # Accepted, and not yet noted: nobody can write until the sender is dead.
            writing.execute("BEGIN IMMEDIATE")
        reached.set()
        go_on.wait(30)

    script = Script(before=before)
    server = serve(script)
    url = f"smtp://127.0.0.1:{server.port}"
    try:
        first = work(tmp_path, url, "now")
        assert reached.wait(60)
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        go_on.set()
        if writing.in_transaction:
            writing.execute("ROLLBACK")
        # Held by the dead one's lease: nobody else sends it meanwhile.
        assert work(tmp_path, url, "now").wait(60) == 0
        assert state(file)[0] == "queued"
        assert work(tmp_path, url, "later").wait(60) == 0
        assert state(file) == ("sent", 2)
    finally:
        go_on.set()
        server.stop()
        writing.close()
    assert len(script.taken) <= deliveries
    assert {mail["Message-ID"] for mail in script.taken} == {"<m@example.org>"}


def state(file: Path) -> tuple[str, int]:
    with closing(sqlite3.connect(file)) as connection:
        found: tuple[str, int] = connection.execute("SELECT state, attempts FROM outbox_mails").fetchone()
        return found
