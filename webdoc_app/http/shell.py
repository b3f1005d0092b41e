"""The page the application starts in, with a server-written document in it from the first byte.

The built shell is an empty page with React's scripts. `render_shell` puts a head and a body of ours
ahead of them, so that a document reads before, and without, any script; React then lives beside it.
"""

import base64
import functools
import hashlib
import os
import re
from collections.abc import Sequence
from html import escape
from pathlib import Path

from webdoc_app.settings import settings

SHELL = "build/client/__spa-fallback.html"

_PRELOAD = re.compile(r'<link\b[^>]*\brel="(?:modulepreload|preload)"[^>]*/?>')
_INLINE_SCRIPT = re.compile(r"<script\b(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)
_STYLESHEET = re.compile(r'<link\b(?=[^>]*\brel="stylesheet")')
_HTML_TAG = re.compile(r"<html\b[^>]*>")
_TITLE = re.compile(r"<title\b[^>]*>.*?</title>", re.DOTALL)


def render_shell(*, lang: str, head: str, body: str, with_stylesheet: bool = False) -> str:
    """The application's page around a document.

    `head` and `body` are HTML, already escaped; they stand before the scripts, which the browser may
    fetch only once it has read the body. `lang` is the document's language, "fr" or "en". The
    application's stylesheet would hold up the first paint: without it, `head` brings all styles.
    """
    shell_head, before_body, scripts = _shell_parts()
    if not with_stylesheet:
        # The tag stays, because React expects to find it.
        shell_head = _STYLESHEET.sub(r'\g<0> media="not all"', shell_head)
    html_tag = f'<html lang="{escape(lang)}">'
    start = _HTML_TAG.sub(lambda _: html_tag, shell_head, count=1)
    return f"{start}{head}{before_body}{body}{scripts}"


def script_hashes() -> list[str]:
    """CSP sources ('sha256-…') of the shell's inline scripts."""
    return list(_script_hashes(_shell()))


def content_security_policy(*, form_action: Sequence[str] = ()) -> str:
    """The policy of every client-facing page; `form_action` are origins a payment form may lead to."""
    sources = {
        "default-src": ["'none'"],
        "script-src": ["'self'", *script_hashes()],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'", *_socket_origins()],
        "form-action": ["'self'", *form_action],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
    return "; ".join(f"{directive} {' '.join(values)}" for directive, values in sources.items())


def built_pages() -> Path:
    """The build this process serves, as Reflex was told at start."""
    return Path(os.environ.get("REFLEX_WEB_WORKDIR", ".web"))


def _socket_origins() -> list[str]:
    # Older browsers don't count a websocket to the same host as 'self'.
    return [re.sub(r"^http", "ws", origin) for origin in settings().origins]


@functools.cache
def _shell() -> str:
    return (built_pages() / SHELL).read_text()


@functools.cache
def _shell_parts() -> tuple[str, str, str]:
    """The shell cut where our head and our body go in: (…, "</head><body>", "<script>…")."""
    html = _TITLE.sub("", _PRELOAD.sub("", _shell()))
    head, body = html.split("</head>", 1)
    tag, scripts = re.split(r"(?<=<body>)", body, maxsplit=1)
    return head, f"</head>{tag}", scripts


@functools.cache
def _script_hashes(html: str) -> tuple[str, ...]:
    digests = (hashlib.sha256(code.encode()).digest() for code in _INLINE_SCRIPT.findall(html))
    return tuple(dict.fromkeys(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests))
