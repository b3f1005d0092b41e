"""A mail's two forms, text and HTML, from the templates: a greeting, the words, one button, a line below."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from webdoc_app.domain.colors import accent_of
from webdoc_app.locales import translate
from webdoc_app.models import Company

TEMPLATES = Path(__file__).resolve().parents[1] / "templates" / "mail"


@dataclass(frozen=True)
class Page:
    """What stands in a mail, in its reader's language: plain texts, escaped where they are written as HTML."""

    company: Company
    recipient: str
    message: str
    url: str
    button: str
    footer: str


def text_of(page: Page, language: str) -> str:
    return _render("letter.txt", page, language)


def html_of(page: Page, language: str) -> str:
    return _render("letter.html", page, language)


def _render(template: str, page: Page, language: str) -> str:
    def _(sentence: str, **params: object) -> str:
        return translate(sentence, language, params)

    values: dict[str, Any] = {**vars(page), "accent": accent_of(page.company.color).light}
    return _environment().get_template(template).render(_=_, language=language, **values)


@cache
def _environment() -> Environment:
    return Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
