"""PDF/A-3b by WeasyPrint, in a process of its own: rendering never holds the event loop up.

The page may hold hostile texts; it is drawn without any access to files or network. WeasyPrint is imported
in the child alone, and the same page gives the same bytes.
"""

import asyncio
import base64
import functools
import logging
import multiprocessing
import os
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

FONTS = Path(__file__).resolve().parents[2] / "assets" / "fonts"
CONTENT, LOGO, RESULT = "content.json", "logo", "document.pdf"
WEIGHTS = {400: "Inter-Regular.ttf", 600: "Inter-SemiBold.ttf"}

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""The date of attached files: the same page gives the same bytes, whenever it is rendered."""

TIMEOUT_SECONDS = 180
"""Enough for the longest document the product takes; what lasts longer is stuck."""


@dataclass(frozen=True)
class PdfPage:
    """What a PDF is made of: a page, and files it carries as (name, bytes, media type)."""

    html: str
    files: tuple[tuple[str, bytes, str], ...] = ()


PageOf = Callable[[str, bytes | None], str | PdfPage]


class PdfError(Exception):
    """The PDF could not be rendered; the message says why, for a log."""


class PdfRenderer:
    """Renders PDFs in `workers` child processes, started at the first one asked for.

    `page_of(content_json, logo)` writes the page; it is called in the child, so it must be a function of a
    module.
    """

    def __init__(self, page_of: PageOf, workers: int = 1) -> None:
        self._page_of = page_of
        self._workers = workers
        self._pool: ProcessPoolExecutor | None = None
        self._closed = False

    async def render(self, content_json: str, logo: bytes | None) -> bytes:
        """The PDF of a frozen content. Raises PdfError."""
        with _handed_over(content_json, logo) as folder:
            await self._render_in(folder)
            return (folder / RESULT).read_bytes()

    async def _render_in(self, folder: Path) -> None:
        loop = asyncio.get_running_loop()
        for _attempt in range(2):
            pool = self._running_pool()
            try:
                return await loop.run_in_executor(pool, _render_in_child, self._page_of, folder)
            except BrokenProcessPool:
                # The child was ended from outside, perhaps while idle: a new one deserves one try.
                self._end(pool)
        raise PdfError("the rendering process died")

    def close(self) -> None:
        """Ends the child processes at once, what they render is given up. To be called before its process ends."""
        self._closed = True
        if self._pool:
            self._end(self._pool)

    def _running_pool(self) -> ProcessPoolExecutor:
        if self._closed:
            raise PdfError("the renderer is closed")
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self._workers, mp_context=multiprocessing.get_context("spawn"), initializer=_prepare_child
            )
        return self._pool

    def _end(self, pool: ProcessPoolExecutor) -> None:
        """Ends a pool; one started in its place by another task stays.

        Children are ended, not asked to: a request sent while the server's worker process exits never reaches
        them, and the worker would wait for them for ever.
        """
        if self._pool is pool:
            self._pool = None
        for child in list((pool._processes or {}).values()):
            child.terminate()
        pool.shutdown()


@contextmanager
def _handed_over(content_json: str, logo: bytes | None) -> Iterator[Path]:
    """A folder through which parent and child exchange what is large.

    Sent through the pool's pipes instead, it hangs the pool for ever when the child dies while it is being
    written (CPython 94777, in the Python of Debian 12).
    """
    with tempfile.TemporaryDirectory(prefix="webdoc-pdf-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / CONTENT).write_bytes(content_json.encode())
        if logo is not None:
            (folder / LOGO).write_bytes(logo)
        yield folder


def page_to_pdf(page: str | PdfPage) -> bytes:
    """PDF/A-3b of a page, with the fonts of `assets/fonts` embedded. Slow: about 0.1 s a page of paper."""
    from weasyprint import HTML, Attachment
    from weasyprint.urls import URLFetcher

    page = PdfPage(page) if isinstance(page, str) else page
    style, font_config = _fonts()
    fetcher = URLFetcher(allowed_protocols=["data"], allow_redirects=False)
    files = [
        Attachment(string=data, name=name, relationship="Data", created=EPOCH, modified=EPOCH)
        for name, data, _media_type in page.files
    ]
    data: bytes = HTML(string=page.html, url_fetcher=fetcher, base_url=None).write_pdf(
        stylesheets=[style], font_config=font_config, pdf_variant="pdf/a-3b", attachments=files
    )
    return data


@functools.cache
def _fonts() -> tuple[Any, Any]:
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration

    font_config = FontConfiguration()
    faces = "".join(_font_face(weight, FONTS / name) for weight, name in WEIGHTS.items())
    return CSS(string=faces, font_config=font_config), font_config


def _font_face(weight: int, file: Path) -> str:
    source = base64.b64encode(file.read_bytes()).decode()
    face = f"font-family:Inter;font-weight:{weight};src:url(data:font/ttf;base64,{source})"
    return f"@font-face{{{face}}}"


def _render_in_child(page_of: PageOf, folder: Path) -> None:
    signal.alarm(TIMEOUT_SECONDS)
    try:
        content_json = (folder / CONTENT).read_bytes().decode()
        logo = (folder / LOGO).read_bytes() if (folder / LOGO).exists() else None
        (folder / RESULT).write_bytes(page_to_pdf(page_of(content_json, logo)))
    except BaseException as failure:  # noqa: BLE001
        # WeasyPrint's refusal to fetch is a BaseException, and not every exception can be sent to the parent.
        raise PdfError(f"{type(failure).__name__}: {failure}") from None
    finally:
        signal.alarm(0)


def _prepare_child() -> None:
    # Ctrl-C in a terminal reaches every process: the parent decides when this one ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, _too_long)
    for name in ("weasyprint", "fontTools"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _too_long(_signal: int, _frame: object) -> NoReturn:
    raise TimeoutError(f"rendering took more than {TIMEOUT_SECONDS} s")


def _end_with_parent() -> None:
    """A parent that was killed could not end its children."""
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)
