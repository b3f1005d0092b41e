"""Lines: who is at the other end of a socket, known from its handshake, and how they behave."""

import time
from dataclasses import dataclass

from webdoc_app.services.accounts import member_of
from webdoc_app.services.work import reading

LINE = "webdoc.line"
"""Where the scope of a socket holds its Line."""
MEMBER_FOR_SECONDS = 60


@dataclass(eq=False)
class Line:
    """One socket. `secret` is its session's as the cookie tells it: nobody has checked it."""

    network: str
    secret: str = ""
    connects: int = 0
    dropped: int = 0
    is_closed: bool = False
    member_until: float = 0.0

    async def is_members(self) -> bool:
        """Whether a merchant's session is behind it, asked again from time to time."""
        if self.secret and self.member_until < time.monotonic():
            async with reading() as session:
                if await member_of(session, self.secret) is None:
                    return False
            self.member_until = time.monotonic() + MEMBER_FOR_SECONDS
        return bool(self.secret)
