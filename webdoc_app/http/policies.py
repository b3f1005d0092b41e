"""What a browser may do with an answer: said on every one, whoever wrote it.

Routes that know better say so themselves; what they leave out is filled in here, around everything, so that neither a
framework's redirect nor an error nor a file goes out without. `Strict-Transport-Security` stands where the public
address is https.
"""

import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from webdoc_app.http.answers import STATIC_POLICY
from webdoc_app.settings import settings

NOTHING_POLICY = "default-src 'none'; frame-ancestors 'none'"
"""For what is no page: data, redirects, scripts and styles opened by themselves."""
PDF_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
"""For what is shown inline and is no page of ours: Safari shows nothing under `sandbox`."""
DOWNLOAD_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"
_UNUSED = (
    "accelerometer",
    "autoplay",
    "camera",
    "display-capture",
    "encrypted-media",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "screen-wake-lock",
    "usb",
    "xr-spatial-tracking",
)
PERMISSIONS = ", ".join(f"{feature}=()" for feature in _UNUSED)
"""No page uses any of these, and no script on one may."""
HSTS = "max-age=31536000"
_SECRET_IN_ADDRESS = re.compile(r"/((fr|en)/)?(d|return)(/.*)?|/(unsubscribe|reset)/.*")
_INLINE = ("application/pdf", "image/svg+xml")


class Policies:
    """Outermost of all: fills in the headers of policy, and keeps the request's Host out of redirects."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                message.setdefault("headers", [])
                headers = MutableHeaders(scope=message)
                for name, value in defaults(scope["path"], headers).items():
                    headers.setdefault(name, value)
                _keep_host_out(headers, Headers(scope=scope).get("host", ""))
            await send(message)

        await self.app(scope, receive, with_policy)


def defaults(path: str, headers: Headers) -> dict[str, str]:
    """The headers an answer at `path` has where it does not say otherwise."""
    found = {
        "Content-Security-Policy": _content_policy(headers),
        "X-Content-Type-Options": "nosniff",
        # What `frame-ancestors` says, for the PDFs whose policy has no word of it.
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer" if _SECRET_IN_ADDRESS.fullmatch(path) else "same-origin",
        "Permissions-Policy": PERMISSIONS,
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    if not ("etag" in headers or "last-modified" in headers):
        found["Cache-Control"] = "no-store"
    if settings().secure_cookies:
        found["Strict-Transport-Security"] = HSTS
    return found


def _content_policy(headers: Headers) -> str:
    kind = headers.get("content-type", "").partition(";")[0].strip()
    if headers.get("content-disposition", "").startswith("attachment"):
        return DOWNLOAD_POLICY
    if kind == "text/html":
        return STATIC_POLICY
    return PDF_POLICY if kind in _INLINE else NOTHING_POLICY


def _keep_host_out(headers: MutableHeaders, host: str) -> None:
    """A framework redirects to the host the request claims to have come to: only the path of that is true."""
    location = headers.get("location", "")
    if not host or not location.startswith(("http://", "https://")):
        return
    parts = urlsplit(location)
    if parts.netloc == host:
        # Two slashes at its start would be another host's name.
        path = "/" + parts.path.lstrip("/\\")
        headers["location"] = parts._replace(scheme="", netloc="", path=path).geturl()
