"""PDF/A-3b by WeasyPrint, in child processes: rendering never holds the event loop up, nor one document another.

The page may hold hostile texts; it is drawn without any access to files or network. WeasyPrint is imported
in the children alone, and the same page gives the same bytes.
"""

import base64
import functools
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from webdoc_app.core.apart import Apart, Bounds, Closed, Died, Failed, TookTooLong

FONTS = Path(__file__).resolve().parents[2] / "assets" / "fonts"
WEIGHTS = {400: "Inter-Regular.ttf", 600: "Inter-SemiBold.ttf"}

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""The date of attached files: the same page gives the same bytes, whenever it is rendered."""

USUAL_SECONDS, LONGEST_SECONDS = 20.0, 180.0
"""What a rendering may take while others wait; what the longest document takes on a slow machine. Beyond, it is stuck."""
BOUNDS = Bounds(memory=2 * 2**30, processor_seconds=int(LONGEST_SECONDS), idle_seconds=3_600)
"""The longest document the product takes needs 320 MB; the address space of what is loaded is larger."""


@dataclass(frozen=True)
class PdfPage:
    """What a PDF is made of: a page, and files it carries as (name, bytes, media type)."""

    html: str
    files: tuple[tuple[str, bytes, str], ...] = ()


PageOf = Callable[[str, bytes | None], str | PdfPage]


class PdfError(Exception):
    """The PDF could not be rendered; the message says why, for a log."""


class PdfTookTooLong(PdfError):
    """It was given up after the time it was allowed; with more of it, it may succeed."""


class PdfRenderer:
    """Renders PDFs in `workers` child processes, started at the first one asked for.

    `page_of(content_json, logo)` writes the page; it is called in the child by its name, so it must be a function of
    a module.
    """

    def __init__(self, page_of: PageOf, workers: int = 2) -> None:
        self._page_of = f"{page_of.__module__}:{page_of.__qualname__}"
        self._apart = Apart(workers, BOUNDS)

    async def render(self, content_json: str, logo: bytes | None, *, seconds: float = USUAL_SECONDS) -> bytes:
        """The PDF of a frozen content. Raises PdfError; PdfTookTooLong after `seconds`."""
        told = {"page_of": self._page_of, "logo": None if logo is None else len(logo)}
        for is_last in (False, True):
            try:
                job = f"{__name__}:{render_apart.__name__}"
                _, pdf = await self._apart.run(
                    job, (logo or b"") + content_json.encode(), told, seconds=seconds
                )
                return pdf
            except TookTooLong as late:
                raise PdfTookTooLong(str(late)) from late
            except Failed as failed:
                raise PdfError(str(failed)) from None
            except Closed:
                raise PdfError("the renderer is closed") from None
            except Died as died:
                # The child was ended from outside: a new one deserves one try.
                if is_last:
                    raise PdfError("the rendering process died") from died
        raise AssertionError

    def children(self) -> list[int]:
        """Process ids of the children that run."""
        return self._apart.pids()

    def close(self) -> None:
        """Ends the child processes at once, what they render is given up. To be called before its process ends."""
        self._apart.close()


def render_apart(data: bytes, *, page_of: str, logo: int | None) -> tuple[None, bytes]:
    """For the child: `data` is a logo of that many bytes (None: there is none), then the content."""
    module, _, name = page_of.partition(":")
    write: PageOf = getattr(importlib.import_module(module), name)
    return None, page_to_pdf(write(data[logo or 0 :].decode(), None if logo is None else data[:logo]))


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
