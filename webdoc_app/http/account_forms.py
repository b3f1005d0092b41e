"""The forms around an account: pages without scripts, in the reader's language, kept by no cache."""

from fastapi import Request
from starlette.responses import HTMLResponse, Response

from webdoc_app.domain.errors import Refusal
from webdoc_app.domain.networks import network_of
from webdoc_app.http.answers import STATIC_POLICY, preferred_language, words_of
from webdoc_app.http.visitors import address_of, insist_same_origin
from webdoc_app.services import limits
from webdoc_app.templates import render

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": STATIC_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


def form_page(
    request: Request,
    form: str,
    *,
    problem: str = "",
    status: int = 200,
    done: str = "",
    signup: bool = False,
    values: dict[str, str] | None = None,
    language: str = "",
) -> Response:
    """One of the forms of auth.html; `done` is a msgid."""
    html = render(
        "auth.html",
        language or preferred_language(request.headers),
        form=form,
        problem=problem,
        done=done,
        signup=signup,
        values=values or {},
        action=request.url.path,
    )
    return HTMLResponse(html, status, headers=HEADERS)


def refused_form(
    request: Request, form: str, refusal: Refusal, values: dict[str, str], language: str = ""
) -> Response:
    """The form again, with what is wrong."""
    words = words_of(refusal, language or preferred_language(request.headers))
    return form_page(request, form, problem=words, status=refusal.status, values=values, language=language)


async def fields_of(request: Request, *names: str) -> dict[str, str]:
    form = await request.form(max_files=0, max_fields=20)
    return {name: value if isinstance(value := form.get(name), str) else "" for name in names}


async def insist_form(request: Request) -> None:
    """That a form comes from our own pages, and not too often from one network. Raises Forbidden, TooMany."""
    insist_same_origin(request)
    await limits.allow(limits.FORMS, "auth", network_of(address_of(request)))
