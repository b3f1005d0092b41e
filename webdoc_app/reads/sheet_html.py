"""The sheet as HTML: inside a page, and as the page a PDF is made of."""

import json
from collections.abc import Collection, Mapping, Sequence

from markupsafe import Markup

from webdoc_app.locales import known_language
from webdoc_app.models import Message
from webdoc_app.reads.sheet import sheet_of
from webdoc_app.reads.sheet_types import Sheet, Stamp
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
    return render("pdf.html", sheet.language, sheet=sheet)
