"""The session cookie: HttpOnly, bound to the host and Secure where the public address is https."""

from http.cookies import CookieError, SimpleCookie

from starlette.responses import Response

from webdoc_app.services.sessions import SESSION_LIFE
from webdoc_app.settings import settings


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
    """The session's secret in a Cookie header, or an empty text."""
    try:
        morsel = SimpleCookie(cookie_header).get(cookie_name())
    except CookieError:
        return ""
    return morsel.value if morsel else ""
