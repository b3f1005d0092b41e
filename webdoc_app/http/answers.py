"""Refusals as answers: problem+json for programs (RFC 9457), a page in words for people."""

import json
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response
from starlette.types import Scope

from webdoc_app.domain.errors import Invalid, NotFound, Refusal
from webdoc_app.locales import LANGUAGES, translate
from webdoc_app.reads.client_html import message_page

CLIENT_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
}


RETRY_SECONDS = "60"
"""Limits are counted by the minute."""


def preferred_language(headers: Headers) -> str:
    """The first language of Accept-Language that we speak, else French."""
    for part in headers.get("accept-language", "").split(","):
        language = part.split(";")[0].strip().lower()[:2]
        if language in LANGUAGES:
            return language
    return "fr"


def words_of(refusal: Refusal, language: str) -> str:
    """The refusal in words; of invalid input, what is wrong with each field."""
    if isinstance(refusal, Invalid):
        return " ".join(error["message"] for error in errors_of(refusal, language))
    return translate(refusal.sentence, language, refusal.params)


def errors_of(invalid: Invalid, language: str) -> list[dict[str, str]]:
    unreadable = getattr(invalid, "error", None)
    if unreadable is not None:
        message = unreadable.message(lambda sentence: translate(sentence, language), language)
        return [{"field": unreadable.field, "message": message}]
    return [
        {"field": printable(e.field), "message": translate(e.sentence, language, e.params)}
        for e in invalid.errors
    ]


def printable(text: str) -> str:
    """A text any encoder takes: a caller's field name may hold half a character."""
    return text.encode("utf-8", "replace").decode()[:200]


def problem_response(
    status: int,
    title: str,
    *,
    code: str,
    errors: list[dict[str, str]] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    problem: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "code": code}
    if errors:
        problem["errors"] = errors
    body = json.dumps(problem, ensure_ascii=False).encode()
    return Response(
        body,
        status,
        headers={"Cache-Control": "no-store", **(headers or {})},
        media_type="application/problem+json",
    )


def refusal_problem(
    refusal: Refusal, language: str, more_headers: Mapping[str, str] | None = None
) -> Response:
    errors = errors_of(refusal, language) if isinstance(refusal, Invalid) else None
    title = translate(refusal.sentence, language, refusal.params)
    headers = {"WWW-Authenticate": "Bearer"} if refusal.status == 401 else {}
    headers |= {"Retry-After": RETRY_SECONDS} if refusal.status == 429 else {}
    headers |= more_headers or {}
    return problem_response(refusal.status, title, code=refusal.code, errors=errors, headers=headers)


def refusal_page(refusal: Refusal, language: str, *, back: str = "") -> Response:
    words = words_of(refusal, language)
    if isinstance(refusal, NotFound) and refusal.sentence == NotFound().sentence:
        words = translate(
            "Vérifiez l’adresse : il en manque peut-être un morceau. Sinon, demandez un nouveau lien à votre interlocuteur.",
            language,
        )
    page = message_page(language, title_of(refusal.status, language), words, back)
    headers = {**CLIENT_HEADERS, "Content-Security-Policy": STATIC_POLICY}
    headers |= {"Retry-After": RETRY_SECONDS} if refusal.status == 429 else {}
    return HTMLResponse(page, refusal.status, headers=headers)


STATIC_POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
"""For pages without any script."""


def title_of(status: int, language: str) -> str:
    titles = {
        401: "Connexion nécessaire",
        403: "Ce n’est pas le bon formulaire",
        404: "Cette page n’existe pas",
        409: "Cela n’est plus possible",
        413: "C’est trop volumineux",
        422: "Il manque quelque chose",
        429: "Un instant, s’il vous plaît",
        503: "Un instant, s’il vous plaît",
    }
    return translate(titles.get(status, "Cela n’a pas pu se faire"), language)


def refusal_response(refusal: Refusal, scope: Scope, language: str = "") -> Response:
    """By who asks: programs below /api, and the pages' own scripts, get JSON; people get words.

    In `language`, else in the browser's.
    """
    headers = Headers(scope=scope)
    language = language or preferred_language(headers)
    if scope["path"].startswith("/api/") or "application/json" in headers.get("accept", ""):
        return refusal_problem(refusal, language)
    return refusal_page(refusal, language)
