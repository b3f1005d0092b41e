"""REST v1: the same services, for programs."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from webdoc_app.domain.errors import Refusal
from webdoc_app.http.answers import preferred_language, printable, problem_response, refusal_problem, title_of
from webdoc_app.http.api.documents import router
from webdoc_app.http.api.files import forms
from webdoc_app.http.api.files import router as files_router
from webdoc_app.http.api.history import router as history_router
from webdoc_app.http.api.schemas import CUSTOM
from webdoc_app.locales import translate

Handler = Callable[[Request, Exception], Coroutine[Any, Any, Response]]
_SENTENCES = {
    "missing": "Cette information est nécessaire.",
    "extra_forbidden": "Ce champ n’existe pas.",
    "string_type": "Ce champ attend un texte.",
    "string_unicode": "Ce texte contient des caractères de contrôle.",
    "json_invalid": "Ce n’est pas du JSON lisible.",
    "too_short": "Ajoutez au moins une ligne.",
    "too_long": "Il y en a trop : 1000 au plus.",
}


def create_rest() -> FastAPI:
    # A redirect would be to the address the request claims to have come to.
    rest = FastAPI(
        title="Webdoc",
        version="1",
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    rest.include_router(forms)
    rest.include_router(router)
    rest.include_router(files_router)
    rest.include_router(history_router)
    rest.add_exception_handler(Refusal, _refused)
    rest.add_exception_handler(RequestValidationError, _invalid)
    rest.add_exception_handler(HTTPException, _http_error)
    return rest


async def _refused(request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refusal)
    return refusal_problem(refusal, preferred_language(request.headers))


async def _invalid(request: Request, invalid: Exception) -> Response:
    assert isinstance(invalid, RequestValidationError)
    language = preferred_language(request.headers)
    errors = [
        {"field": _field(error["loc"]), "message": _message(error, language)} for error in invalid.errors()
    ]
    title = translate("Certaines informations sont à corriger.", language)
    return problem_response(422, title, code="invalid", errors=errors)


def _field(location: tuple[Any, ...]) -> str:
    parts = [str(part) for part in location if part not in ("body", "query", "path")]
    return printable(".".join(parts)) or "body"


def _message(error: dict[str, Any], language: str) -> str:
    if error["type"] == CUSTOM:
        return translate(error["ctx"]["sentence"], language, error["ctx"]["params"])
    return translate(_SENTENCES.get(error["type"], "Cette valeur n’est pas correcte."), language)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    title = title_of(error.status_code, preferred_language(request.headers))
    return problem_response(error.status_code, title, code="http", headers=dict(error.headers or {}))
