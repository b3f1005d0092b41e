"""The client's page as HTML: what the first byte holds, and the pages that say no kindly."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from markupsafe import Markup

from webdoc_app.locales import known_language
from webdoc_app.reads.client_answers import choices_of
from webdoc_app.reads.client_page import ClientPage
from webdoc_app.reads.client_talk import ClientMessage
from webdoc_app.templates import accent_css, css, render

STYLES = ("theme.css", "sheet.css", "webdocument.css")


def client_head(page: ClientPage) -> str:
    """Title, robots, colours and all styles of the page: nothing else is fetched before it paints."""
    styles = Markup("").join([*map(css, STYLES), accent_css(page.sheet.accent)])
    return str(render("webdocument/head.html", page.language, title=page.title, styles=styles))


def client_body(
    page: ClientPage,
    problem: str = "",
    typed: Mapping[str, str] | None = None,
    *,
    preview: bool = False,
    citable: bool = False,
) -> str:
    """The document and all that can be done with it, without any script; `problem` says why a form was refused,
    `typed` is what stood in it, with `line` the number of the line a message is about. Of a preview, which is the
    merchant's, nothing can be sent. Lines are `citable` where the page's own address is the document's.

    The places `id="slot-…"` are those the live page takes over, see ui/webdoc.
    """
    typed = defaultdict(str, typed or {})
    sheet = page.sheet_with(citable=citable)
    return str(
        render(
            "webdocument.html",
            page.language,
            page=page,
            problem=problem,
            typed=typed,
            quoted=_line_named(page, typed["line"]),
            choices=choices_of(page),
            messages=with_day_breaks(page.talk.messages),
            sheet=sheet,
            sheet_mark=mark_of(page),
            preview=preview,
            address=f"/app/documents/{page.document_id}" if preview else f"/d/{page.token}",
        )
    ).strip()


def preview_html(page: ClientPage) -> str:
    """A whole page: the client's, without scripts, for the merchant's eyes."""
    return _whole_page(page.language, client_head(page), client_body(page, preview=True))


def refused_page(page: ClientPage, problem: str, typed: Mapping[str, str]) -> str:
    """A whole page, without scripts: the document again, its forms as they were filled, and why one was refused.

    It answers a POST, whose address the live page doesn't know.
    """
    return _whole_page(page.language, client_head(page), client_body(page, problem, typed))


def closed_page(language: str, why: str, company_name: str, token: str) -> str:
    """A whole page for a link that is no more: `why` is revoked, disabled, replaced or expired.

    It depends on the link alone, so every address below the link answers the same.
    """
    language = known_language(language)
    body = render("webdocument/closed.html", language, why=why, company_name=company_name, token=token)
    return _whole_page(language, _plain_head(language), body)


def asked_page(language: str, outcome: str, company_name: str) -> str:
    """A whole page for whoever asked for a new link: it was `mailed`, if an address is known, or `asked` for."""
    language = known_language(language)
    body = render("webdocument/asked.html", language, outcome=outcome, company_name=company_name)
    return _whole_page(language, _plain_head(language), body)


def unsubscribe_page(language: str, company_name: str, email: str, token: str, *, is_stopped: bool) -> str:
    """A whole page with one button: no more reminders, or reminders again."""
    values = {"company_name": company_name, "email": email, "token": token, "is_stopped": is_stopped}
    language = known_language(language)
    body = render("webdocument/unsubscribe.html", language, **values)
    return _whole_page(language, _plain_head(language), body)


def message_page(language: str, title: str, words: str, back: str = "") -> str:
    """A whole page of a few words, already in `language`; `back` is the address of the document, if any."""
    return plain_page("webdocument/message.html", language, title=title, words=words, back=back)


def plain_page(template: str, language: str, *, title: str, **values: object) -> str:
    """A whole page of its own, without scripts."""
    language = known_language(language)
    body = render(template, language, title=title, **values)
    return _whole_page(language, _plain_head(language, title), body)


def with_day_breaks(messages: tuple[ClientMessage, ...]) -> tuple[ClientMessage, ...]:
    """The messages, each day named only at its first one."""
    days = [""] + [message.day for message in messages]
    return tuple(
        replace(m, day="" if m.day == before else m.day) for m, before in zip(messages, days, strict=False)
    )


def _line_named(page: ClientPage, number: str) -> str:
    """The words of the line with this number, empty where there is none."""
    lines = page.sheet.lines
    is_there = number.isascii() and number.isdigit() and len(number) <= 6 and 0 < int(number) <= len(lines)
    return f"{int(number)}. {lines[int(number) - 1].name}" if is_there else ""


def mark_of(page: ClientPage) -> str:
    """Changes when the document's text or amounts do; stamps aside, which have a slot of their own."""
    return hashlib.sha256(repr(page.sheet).encode()).hexdigest()[:16]


def _plain_head(language: str, title: str = "Webdoc") -> Markup:
    styles = Markup("").join([css("theme.css"), css("webdocument.css")])
    return render("webdocument/head.html", language, title=title, styles=styles)


def _whole_page(language: str, head: str, body: str) -> str:
    viewport = '<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">'
    start = f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">{viewport}{head}</head>'
    return f"{start}<body>{body}</body></html>"
