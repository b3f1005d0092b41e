"""Files over HTTP: taken from a form, given as downloads and never shown by a browser on our origin."""

import re
from collections.abc import Mapping
from urllib.parse import quote

from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from webdoc_app.integrations.uploads import CheckedFile
from webdoc_app.services.decoding import Sender
from webdoc_app.services.files import checked


async def sent_file(form: FormData, sender: Sender, field: str = "file") -> CheckedFile | None:
    """The checked file of a form; None where none was chosen. Raises TooLarge, Invalid on `file`, TooMany."""
    sent = form.get(field)
    if not isinstance(sent, UploadFile) or not (sent.filename or sent.size):
        return None
    return await checked(await sent.read(), sent.filename or "", sender)


INLINE_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""For PDFs a browser shows: Safari shows nothing under `sandbox`."""
DOWNLOAD_POLICY = "default-src 'none'; sandbox"


def pdf_headers(name: str, *, download: bool) -> dict[str, str]:
    """Of a PDF under a plain name, shown or saved: it can load nothing and is nobody's page."""
    return {
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": DOWNLOAD_POLICY if download else INLINE_POLICY,
        "Content-Disposition": f'{"attachment" if download else "inline"}; filename="{name}"',
    }


def download_response(file: CheckedFile, headers: Mapping[str, str] | None = None) -> Response:
    """An attachment under its own name (RFC 6266), which no browser takes for anything but its type."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", file.name)
    return Response(
        file.data,
        media_type=file.media_type,
        headers={
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": DOWNLOAD_POLICY,
            "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file.name, safe='')}",
            **(headers or {}),
        },
    )
