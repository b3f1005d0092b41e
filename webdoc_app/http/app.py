"""The HTTP side: everything that is not a Reflex page, answered ahead of the built pages."""

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp

from webdoc_app.domain.errors import Refusal
from webdoc_app.http import (
    account,
    auth,
    entrance,
    health,
    incoming,
    merchant,
    metrics,
    payments,
    renewal,
    unsubscribe,
    webdocument,
)
from webdoc_app.http.answers import (
    preferred_language,
    problem_response,
    refusal_page,
    refusal_response,
    title_of,
)
from webdoc_app.http.api.app import create_rest
from webdoc_app.http.bodies import BodyLimit
from webdoc_app.http.built import BuiltPages
from webdoc_app.http.headers import TameHeaders
from webdoc_app.http.keys_first import KeysFirst
from webdoc_app.http.merchant import MerchantPages
from webdoc_app.http.missing import MissingPages
from webdoc_app.http.policies import Policies
from webdoc_app.reads.client_html import message_page


def create_api() -> FastAPI:
    """Routes answered ahead of the built pages."""
    api = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    api.include_router(health.router)
    api.include_router(metrics.router)
    api.include_router(auth.router)
    api.include_router(account.router)
    api.include_router(entrance.router)
    api.include_router(merchant.router)
    api.include_router(webdocument.router)
    api.include_router(renewal.router)
    api.include_router(incoming.router)  # before the providers' addresses, which have the same form
    api.include_router(payments.router)
    api.include_router(unsubscribe.router)
    webdocument.add_catch_all(api.router)
    api.mount("/api/v1", create_rest())
    api.add_exception_handler(Refusal, _refused)
    api.add_exception_handler(HTTPException, _http_error)
    api.add_middleware(BuiltPages)
    api.add_middleware(MerchantPages)
    api.add_middleware(MissingPages)
    api.add_middleware(BodyLimit)
    api.add_middleware(KeysFirst)
    return api


def at_the_edge(app: ASGIApp) -> ASGIApp:
    """Around everything there is, the framework's own answers included: tame headers in, a policy out."""
    return Policies(TameHeaders(app))


async def _refused(request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refusal)
    return refusal_response(refusal, request.scope)


async def _http_error(request: Request, error: Exception) -> Response:
    """A method or a body no route takes: in words, with the headers of every client page."""
    assert isinstance(error, HTTPException)
    language = preferred_language(request.headers)
    title = title_of(error.status_code, language)
    if request.url.path.startswith("/api/"):
        return problem_response(error.status_code, title, code="http", headers=dict(error.headers or {}))
    response = refusal_page(Refusal("Cela n’a pas pu se faire."), language)
    response.status_code = error.status_code
    response.body = message_page(language, title, title, "").encode()
    response.headers["content-length"] = str(len(response.body))
    response.headers.update(error.headers or {})
    return response
