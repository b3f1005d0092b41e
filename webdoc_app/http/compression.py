"""Pages written for one reader, compressed on their way: a document is a fifth of its size on a phone's network.

Compression would tell the length of a secret to someone who may both choose part of a page and have it fetched by
another. Whoever has a link fetched knows its token already; a page that was asked for with words of the request's own, as
the line a message is about, goes out as it is.
"""

import gzip

import brotli
from starlette.requests import Request
from starlette.responses import HTMLResponse

# A few milliseconds for the longest document; the best levels would cost more time than they save.
BROTLI_QUALITY = 5
GZIP_LEVEL = 6


def compressed_html(request: Request, html: str, headers: dict[str, str]) -> HTMLResponse:
    """The page with `headers`, as brotli or gzip where the browser takes one of them."""
    page = html.encode()
    accepted = accepted_encodings(request.headers.get("accept-encoding", ""))
    headers = {**headers, "Vary": "Accept-Encoding"}
    if request.query_params:
        accepted = set()
    if "br" in accepted:
        page = brotli.compress(page, brotli.MODE_TEXT, BROTLI_QUALITY)
        headers["Content-Encoding"] = "br"
    elif "gzip" in accepted:
        page = gzip.compress(page, GZIP_LEVEL, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return HTMLResponse(page, headers=headers)


def accepted_encodings(header: str) -> set[str]:
    """The codings of an Accept-Encoding header that are not refused by a weight of zero."""
    accepted = set()
    for part in header.lower().split(","):
        coding, _, parameters = part.partition(";")
        weight = parameters.replace(" ", "").removeprefix("q=")
        if not weight or weight.strip("0."):
            accepted.add(coding.strip())
    return accepted
