"""A small IMAP server on loopback (RFC 3501, what a reader of unread mails asks for): one folder, scripted to fail."""

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Folder:
    """`mails` by number, `seen` those marked read. `drop_at` is the command at whose start the connection ends, once;
    `sizes` are lies about a mail's size; `asked` is every command that came."""

    mails: dict[int, bytes] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    drop_at: str = ""
    sizes: dict[int, int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def lay(self, raw: bytes) -> int:
        number = len(self.mails) + 1
        self.mails[number] = raw
        return number


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        folder: Folder = self.server.folder  # type: ignore[attr-defined]
        self._say("* OK [CAPABILITY IMAP4rev1] ready")
        while line := self.rfile.readline().decode("latin-1").strip():
            tag, _, command = line.partition(" ")
            folder.asked.append(command)
            if folder.drop_at and command.startswith(folder.drop_at):
                folder.drop_at = ""
                return
            if not self._answer(folder, tag, command):
                return

    def _answer(self, folder: Folder, tag: str, command: str) -> bool:
        """Whether the connection goes on."""
        if command.startswith("LOGIN") and "secret" not in command:
            self._say(f"{tag} NO [AUTHENTICATIONFAILED] wrong password")
            return True
        if command == "CAPABILITY":
            self._say("* CAPABILITY IMAP4rev1")
        if command.startswith("SELECT"):
            self._say(f"* {len(folder.mails)} EXISTS")
            if "INBOX" not in command:
                self._say(f"{tag} NO no such folder")
                return True
        if command.startswith("UID SEARCH"):
            unread = [str(number) for number in folder.mails if number not in folder.seen]
            self._say(" ".join(["* SEARCH", *unread]))
        if fetch := re.match(r"UID FETCH ([\d,:]+) \(?(RFC822.SIZE|BODY.PEEK\[\])", command):
            for number in _numbers(fetch[1]):
                self._fetch(folder, number, fetch[2])
        if store := re.match(r"UID STORE (\d+) \+FLAGS", command):
            folder.seen.add(int(store[1]))
        if command == "LOGOUT":
            self._say("* BYE")
        self._say(f"{tag} OK done")
        return command != "LOGOUT"

    def _fetch(self, folder: Folder, number: int, what: str) -> None:
        raw = folder.mails.get(number)
        if raw is None:
            return
        if what == "RFC822.SIZE":
            size = folder.sizes.get(number, len(raw))
            self._say(f"* {number} FETCH (UID {number} RFC822.SIZE {size})")
        else:
            self.wfile.write(f"* {number} FETCH (UID {number} BODY[] {{{len(raw)}}}\r\n".encode())
            self.wfile.write(raw + b")\r\n")

    def _say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")


def _numbers(asked: str) -> Iterator[int]:
    for part in asked.split(","):
        first, _, last = part.partition(":")
        yield from range(int(first), int(last or first) + 1)


@contextmanager
def mailbox(folder: Folder) -> Iterator[str]:
    """The folder's address while it is served; the password is `secret`."""

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    with Server(("127.0.0.1", 0), _Handler) as server:
        made: Any = server
        made.folder = folder
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"imap://webdoc:secret@127.0.0.1:{server.server_address[1]}/INBOX"
        finally:
            server.shutdown()
            thread.join()
