"""The cookie of a sign-in that waits for its code: as the session's, for ten minutes, and never sent from elsewhere."""

import re

from starlette.responses import Response

from webdoc_app.services.cookies import cookie_name
from webdoc_app.services.login_steps import STEP_LIFE
from webdoc_app.settings import settings

LONGEST_COOKIES = 8_192
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


def step_cookie_name() -> str:
    return f"{cookie_name()}-step"


def set_step_cookie(response: Response, secret: str) -> None:
    response.set_cookie(
        step_cookie_name(),
        secret,
        max_age=int(STEP_LIFE.total_seconds()),
        path="/",
        secure=settings().secure_cookies,
        httponly=True,
        samesite="strict",
    )


def clear_step_cookie(response: Response) -> None:
    response.delete_cookie(
        step_cookie_name(), path="/", secure=settings().secure_cookies, httponly=True, samesite="strict"
    )


def step_secret(cookie_header: str) -> str:
    """The step's secret in a Cookie header, or an empty text."""
    if len(cookie_header) > LONGEST_COOKIES:
        return ""
    pairs = (part.strip().partition("=") for part in cookie_header.split(";"))
    return next((v for name, _, v in pairs if name == step_cookie_name() and _SECRET.fullmatch(v)), "")
