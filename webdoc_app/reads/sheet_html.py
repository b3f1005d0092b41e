"""The sheet as HTML: inside a page, and as the page a PDF is made of."""

import base64
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from webdoc_app.domain.documents import BILLS
from webdoc_app.locales import known_language
from webdoc_app.models import Message
from webdoc_app.reads.sheet import due_minor, sheet_of
from webdoc_app.reads.sheet_types import Sheet, Stamp
from webdoc_app.reads.transfer import epc_svg, reference_of
from webdoc_app.templates import render


def sheet_html(
    sheet: Sheet, stamps: Sequence[Stamp] = (), ticked: Collection[str] = (), *, citable: bool = False
) -> Markup:
    """The `<article class="sheet">` of a document, in a page; its style sheets are `theme.css` and `sheet.css`.

    `ticked` are the ids of the options whose box is ticked; `citable` lets each line be quoted in a message.
    """
    values = {"sheet": sheet, "stamps": stamps, "ticked": ticked}
    return render("sheet.html", sheet.language, **values, on_page=True, citable=citable)


def href_of(numbers: Mapping[str, int], message: Message) -> str:
    """Where the line a message is about stands in the page; empty for none. `numbers` are those of `line_numbers`."""
    number = numbers.get(message.line_id or "")
    return f"#line-{number}" if number else ""


def pdf_html(content_json: str, logo: bytes | None) -> str:
    """The whole page of a frozen document's PDF, in the document's language."""
    content = json.loads(content_json)
    sheet = sheet_of(content, language=known_language(content["language"]), logo=logo)
    return render("pdf.html", sheet.language, sheet=sheet, transfer_code=_transfer_code(content))


def _transfer_code(content: Mapping[str, Any]) -> str:
    """The code a bank's application scans, as a data URI, on a bill that says where to pay; for what is due at issue."""
    if content["kind"] not in BILLS:
        return ""
    reference = reference_of(content["extras"] or {}, content["number"])
    svg = epc_svg(content["seller"] or {}, content["currency"], due_minor(content), reference)
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}" if svg else ""
