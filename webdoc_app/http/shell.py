"""The page the application starts in, with a server-written document in it from the first byte.

The built shell is an empty page with React's scripts. `render_shell` puts a head and a body of ours
ahead of them, so that a document reads before, and without, any script; React then lives beside it.

On a phone, scripts that are fetched while the document is being laid out hold up its first paint, and a
browser that finds out module by module what it needs asks five times in a row. So nothing is fetched
or run before the document is painted, and then all modules of the page are fetched at once.
"""

import base64
import functools
import hashlib
import json
import os
import re
from collections.abc import Sequence
from html import escape
from pathlib import Path

from webdoc_app.settings import settings

SHELL = "build/client/__spa-fallback.html"

_PRELOAD = re.compile(r'<link\b[^>]*\brel="(?:modulepreload|preload)"[^>]*/?>')
_STYLE_PRELOAD = re.compile(r'<link\b(?=[^>]*\brel="preload")(?=[^>]*\bas="style")')
_MODULE = re.compile(r'<link\b(?=[^>]*\brel="modulepreload")[^>]*\bhref="([^"]+)"')
_MANIFEST = re.compile(r"^window\.__reactRouterManifest=(\{.*\});?\s*$", re.DOTALL)
_INLINE_SCRIPT = re.compile(r"<script\b(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)
_STYLESHEET = re.compile(r'<link\b(?=[^>]*\brel="stylesheet")')
_HTML_TAG = re.compile(r"<html\b[^>]*>")
_TITLE = re.compile(r"<title\b[^>]*>.*?</title>", re.DOTALL)

_MODULES_HERE = "MODULES"
# Stands in for the shell's module script, in its very place, because React expects an element there. Browsers are
# idle once the frame is painted; Safari knows no idleness, and a page in the background no frame.
# React Router goes to the top of whatever page it starts in, and to where a reloaded one was left: whoever has begun
# to read meanwhile stays where they are. Browsers restore a reloaded page's place by themselves.
_STARTER = """((page) => {
  window.scrollTo = () => {};
  const run = (type, text) => {
    const script = Object.assign(document.createElement("script"), { type, text });
    document.head.append(script);
    script.remove();
  };
  const start = () => {
    if (document.readyState === "loading") return document.addEventListener("DOMContentLoaded", start);
    for (const href of page.modules.split(" "))
      document.head.append(Object.assign(document.createElement("link"), { rel: "modulepreload", href }));
    for (const waiting of document.querySelectorAll("script[data-waits]")) run("", waiting.text);
    run("module", page.start);
  };
  const whenIdle = window.requestIdleCallback ?? setTimeout;
  if (document.hidden) start();
  else requestAnimationFrame(() => whenIdle(start, { timeout: 300 }));
})(document.currentScript.dataset);"""
_WAITING = '<script type="text/plain" data-waits=""'


def render_shell(*, lang: str, head: str, body: str, route: str = "", with_stylesheet: bool = False) -> str:
    """The application's page around a document.

    `head` and `body` are HTML, already escaped; they stand before the scripts, which the browser may
    fetch only once it has read the body. `lang` is the document's language, "fr" or "en"; `route` is the
    built page that takes over, as "d/:token". The application's stylesheet would hold up the first paint:
    without it, `head` brings all styles.
    """
    shell_head, before_body, scripts = _shell_parts()
    if not with_stylesheet:
        # The tags stay, because React expects to find them; like this they are not even fetched.
        shell_head = _STYLESHEET.sub(r"\g<0> disabled", shell_head)
    html_tag = f'<html lang="{escape(lang)}">'
    start = _HTML_TAG.sub(lambda _: html_tag, shell_head, count=1)
    return f"{start}{head}{before_body}{body}{scripts.replace(_MODULES_HERE, _modules(route))}"


def script_hashes() -> list[str]:
    """CSP sources ('sha256-…') of the shell's inline scripts, and of the one that starts them."""
    return list(scripts_of(f"{_shell()}<script>{_STARTER}</script>"))


def content_security_policy(*, form_action: Sequence[str] = ()) -> str:
    """The policy of every client-facing page; `form_action` are origins a payment form may lead to."""
    return page_policy(script_hashes(), form_action=form_action)


def page_policy(scripts: Sequence[str], *, form_action: Sequence[str] = ()) -> str:
    """The policy of a page with these inline scripts (CSP sources) and no others; nothing is evaluated."""
    sources = {
        "default-src": ["'none'"],
        "script-src": ["'self'", *scripts],
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
    html = _TITLE.sub("", _PRELOAD.sub(_kept_preload, _shell()))
    html = _INLINE_SCRIPT.sub(_waiting, html)
    head, body = html.split("</head>", 1)
    tag, scripts = re.split(r"(?<=<body>)", body, maxsplit=1)
    return head, f"</head>{tag}", scripts


def _waiting(script: re.Match[str]) -> str:
    """The same element, which does nothing until it is started."""
    if 'type="module"' not in script[0].split(">", 1)[0]:
        return script[0].replace("<script", _WAITING, 1)
    return f'<script data-modules="{_MODULES_HERE}" data-start="{escape(script[1])}">{_STARTER}</script>'


def _kept_preload(link: re.Match[str]) -> str:
    """React adds the stylesheet's preload, and so fetches it, where it finds none: one that fetches nothing stays."""
    return _STYLE_PRELOAD.sub(r'\g<0> media="not all"', link[0]) if _STYLE_PRELOAD.match(link[0]) else ""


@functools.cache
def _modules(route: str) -> str:
    """Every module of the page, escaped. The largest go first: the small ones fit in beside them."""
    modules = dict.fromkeys([*_MODULE.findall(_shell()), *_modules_of(route)])
    return escape(" ".join(sorted(modules, key=_weight, reverse=True)))


def _modules_of(route: str) -> list[str]:
    """The modules the router loads for `route`, as the built manifest tells; none where it tells nothing."""
    for manifest in (built_pages() / "build/client/assets").glob("manifest-*.js"):
        if told := _MANIFEST.match(manifest.read_text()):
            for page in json.loads(told[1])["routes"].values():
                if page.get("path") == route:
                    return [page["module"], *page["imports"]]
    return []


def _weight(module: str) -> int:
    file = built_pages() / "build/client" / module.lstrip("/")
    return file.stat().st_size if file.exists() else 0


@functools.cache
def scripts_of(html: str) -> tuple[str, ...]:
    """CSP sources of the inline scripts of a page, each once."""
    digests = (hashlib.sha256(code.encode()).digest() for code in _INLINE_SCRIPT.findall(html))
    return tuple(dict.fromkeys(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests))
