"""The session cookie: HttpOnly, bound to the host and Secure where the public address is https.

Cookie headers are cut at their semicolons, never given to `http.cookies`: before Python 3.11.10 and 3.12.6 that one
takes half a minute over 120 KB of backslashes (CVE-2024-7592). Whatever else reads them behind our routes gets
`our_cookies` alone (`http/headers.py`).
"""

import re
from collections.abc import Iterator

from starlette.responses import Response

from webdoc_app.services.sessions import SESSION_LIFE
from webdoc_app.settings import settings

LONGEST_COOKIES = 8_192
"""Characters of a whole Cookie header; nginx passes no longer one either."""
FORMS = dict.fromkeys(("", "-step"), re.compile(r"[A-Za-z0-9_-]{43}"))
"""The cookies there are, by what follows the name of the session's, and the one form each has."""


def cookie_name() -> str:
    return "__Host-webdoc" if settings().secure_cookies else "webdoc"


def set_session_cookie(response: Response, secret: str) -> None:
    response.set_cookie(
        cookie_name(),
        secret,
        max_age=int(SESSION_LIFE.total_seconds()),
        path="/",
        secure=settings().secure_cookies,
        httponly=True,
        samesite="lax",
    )


def clear_session_cookie(response: Response) -> None:
    response.delete_cookie(
        cookie_name(), path="/", secure=settings().secure_cookies, httponly=True, samesite="lax"
    )


def session_secret(cookie_header: str) -> str:
    """The session's secret in a Cookie header, or an empty text. Of several the last one counts."""
    return dict(_ours(cookie_header)).get(cookie_name(), "")


def our_cookies(cookie_header: str) -> str:
    """What is ours of a Cookie header, each in its exact form; an empty text where nothing is, or it is too long."""
    return "; ".join(f"{name}={value}" for name, value in dict(_ours(cookie_header)).items())


def _ours(cookie_header: str) -> Iterator[tuple[str, str]]:
    if len(cookie_header) > LONGEST_COOKIES:
        return
    session = cookie_name()
    for part in cookie_header.split(";"):
        name, _, value = part.strip(" \t").partition("=")
        form = FORMS.get(name.removeprefix(session)) if name.startswith(session) else None
        if form and form.fullmatch(value):
            yield name, value
