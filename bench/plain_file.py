"""The baseline of the client's page: its very document as a file, without scripts, from a plain file server."""

import re
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

# The page's own head (title, colours, inlined styles) and its sheet are cut out of what the server sends.
STYLES = re.compile(r"<style>.*?</style>", re.DOTALL)
SHEET = re.compile(r'<article class="[^"]*\bsheet\b.*?</article>', re.DOTALL)


def plain_page(html: str) -> str:
    """The sheet of a webdocument with the same critical styles, and nothing else. Raises ValueError."""
    sheet = SHEET.search(html)
    if not sheet or not STYLES.search(html):
        raise ValueError("the page holds no sheet or no inlined styles")
    styles = "".join(STYLES.findall(html))
    viewport = '<meta name="viewport" content="width=device-width, initial-scale=1">'
    head = f'<!doctype html><html lang="fr"><head><meta charset="utf-8">{viewport}<link rel="icon" href="data:,">'
    body = f'<main class="page"><div>{sheet[0]}</div></main>'
    return f"{head}<title>Document</title>{styles}</head><body>{body}</body></html>"


class _Quiet(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the table is what one reads."""


@contextmanager
def file_server(html: str) -> Iterator[str]:
    """Serves one page on a free port; gives its address."""
    with tempfile.TemporaryDirectory(prefix="webdoc-bench-") as folder:
        (Path(folder) / "document.html").write_text(html, encoding="utf-8")
        with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=folder)) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield f"http://localhost:{server.server_address[1]}/document.html"
            server.shutdown()
