"""The client's side over HTTP: the webdocument's first byte, its PDF, and the forms that work without scripts."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, RedirectResponse, Response

from webdoc_app.domain.errors import Conflict, LinkGone, NotFound, Refusal, StaleVersion
from webdoc_app.domain.networks import network_of
from webdoc_app.http.answers import (
    CLIENT_HEADERS,
    STATIC_POLICY,
    preferred_language,
    refusal_page,
    refusal_problem,
    words_of,
)
from webdoc_app.http.compression import compressed_html
from webdoc_app.http.files import download_response, sent_file
from webdoc_app.http.shell import content_security_policy, render_shell
from webdoc_app.http.visitors import address_of, visitor_of
from webdoc_app.locales import LANGUAGES, translate
from webdoc_app.reads.client_changes import changes_since
from webdoc_app.reads.client_html import client_body, client_head, closed_page, refused_page
from webdoc_app.reads.client_page import client_page, page_of
from webdoc_app.services import limits
from webdoc_app.services.attachments import pdf_name
from webdoc_app.services.certificates import certificate
from webdoc_app.services.codes import send_code_with_token
from webdoc_app.services.conversation import post_message_with_token
from webdoc_app.services.decisions import DecisionForm, decide_with_token
from webdoc_app.services.files import file_with_token
from webdoc_app.services.hits import note_request
from webdoc_app.services.pdfs import ensure_pdf
from webdoc_app.services.sharing import open_with_token
from webdoc_app.services.work import reading

router = APIRouter(include_in_schema=False)
PREFIXES = {"": "", "/fr": "fr", "/en": "en"}


def _page_route(language: str) -> Callable[[Request, str], Awaitable[Response]]:
    async def webdocument(request: Request, token: str) -> Response:
        return await answer(request, token, lambda: _show(request, token, language), language)

    return webdocument


for _prefix, _language in PREFIXES.items():
    router.add_api_route(f"{_prefix}/d/{{token}}", _page_route(_language), methods=["GET", "HEAD"])


@router.api_route("/d/{token}/pdf", methods=["GET", "HEAD"])
async def pdf(request: Request, token: str, download: str = "") -> Response:
    """The very PDF that was stored when the document was issued."""

    async def show() -> Response:
        async with reading() as session:
            access = await open_with_token(session, token)
        data = await ensure_pdf(access.company.id, access.document.id)
        if data is None:
            raise Conflict("Le PDF n’est pas encore prêt. Réessayez dans un instant.")
        await note_request(access, await visitor_of(request), request.method)
        kind = "attachment" if download == "1" else "inline"
        name = pdf_name(access.document.number)
        headers = {**CLIENT_HEADERS, "Content-Disposition": f'{kind}; filename="{name}"'}
        return Response(data, headers=headers, media_type="application/pdf")

    return await answer(request, token, show)


@router.post("/d/{token}/decision")
async def decision(request: Request, token: str) -> Response:
    """The answer form, with or without scripts."""

    async def decide() -> Response:
        form = await form_of(request)
        names = [name for name in DecisionForm.__dataclass_fields__ if name != "options"]
        fields = DecisionForm(**{name: text_of(form, name) for name in names}, options=_options(form))
        await decide_with_token(token, fields, await visitor_of(request))
        return await _back(token, form)

    return await answer(request, token, decide)


@router.post("/d/{token}/code")
async def code(request: Request, token: str) -> Response:
    """Mails the one-time code of an acceptance to the address the link was made for."""

    async def send() -> Response:
        form = await form_of(request)
        await send_code_with_token(token, text_of(form, "code_nonce") or text_of(form, "nonce"))
        return await _back(token, form)

    return await answer(request, token, send)


@router.api_route("/d/{token}/certificate", methods=["GET", "HEAD"])
async def certificate_file(request: Request, token: str, format: str = "pdf") -> Response:
    """The proof of the latest answer, as a PDF or as its facts."""

    async def show() -> Response:
        if format not in ("pdf", "json"):
            raise NotFound
        async with reading() as session:
            access = await open_with_token(session, token)
        data = await certificate(access.company.id, access.document.id, format)
        name = pdf_name(access.document.number).removesuffix("pdf") + format
        headers = {
            **CLIENT_HEADERS,
            "Content-Disposition": f'attachment; filename="{translate("attestation", access.document.language)}-{name}"',
        }
        return Response(data, headers=headers, media_type=f"application/{format}")

    return await answer(request, token, show)


@router.post("/d/{token}/messages")
async def messages(request: Request, token: str) -> Response:
    """The conversation form, with or without scripts, with or without a file."""

    async def post() -> Response:
        async with reading() as session:
            await open_with_token(session, token)  # before work is spent on a file
        async with request.form(max_files=1, max_fields=50) as form:
            await post_message_with_token(
                token,
                text_of(form, "body"),
                text_of(form, "nonce"),
                await visitor_of(request),
                text_of(form, "name"),
                await sent_file(form),
                text_of(form, "line"),
            )
            return await _back(token, form)

    return await answer(request, token, post)


async def _back(token: str, form: FormData) -> Response:
    """To the page the form was sent from: in the document's language, or in the one its reader had switched to."""
    language = language_of(form)
    async with reading() as session:
        own = (await open_with_token(session, token)).document.language
    prefix = f"/{language}" if language and language != own else ""
    return RedirectResponse(f"{prefix}/d/{token}", 303, headers=CLIENT_HEADERS)


@router.api_route("/d/{token}/files/{file_id}", methods=["GET", "HEAD"])
async def file(request: Request, token: str, file_id: str) -> Response:
    """A file of the document that its client may have, as a download."""

    async def show() -> Response:
        return download_response(await file_with_token(token, file_id), CLIENT_HEADERS)

    return await answer(request, token, show)


async def nothing_there(request: Request, token: str) -> Response:
    """Whatever else is below a link: the link is judged first, then there is nothing."""

    async def nothing() -> Response:
        async with reading() as session:
            await open_with_token(session, token)
        raise NotFound

    return await answer(request, token, nothing)


ALL_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def add_catch_all(into: APIRouter) -> None:
    """Last of all routes: no path below a link ever reaches the application's shell."""
    for prefix in PREFIXES:
        into.add_api_route(f"{prefix}/d/{{token}}/{{rest:path}}", nothing_there, methods=ALL_METHODS)
        into.add_api_route(f"{prefix}/d/{{token}}", nothing_there, methods=ALL_METHODS)


async def _show(request: Request, token: str, language: str) -> Response:
    async with reading() as session:
        access = await open_with_token(session, token)
        page = await page_of(session, access, language)
    await note_request(access, await visitor_of(request), request.method)
    html = render_shell(
        lang=page.language,
        head=client_head(page),
        body=client_body(page, typed={"line": request.query_params.get("line", "")}, citable=True),
        route=f"{language}/d/:token".lstrip("/"),
    )
    headers = {
        **CLIENT_HEADERS,
        "Content-Security-Policy": content_security_policy(form_action=page.pay.origins),
    }
    return compressed_html(request, html, headers)


async def answer(
    request: Request, token: str, act: Callable[[], Awaitable[Response]], language: str = ""
) -> Response:
    """Runs `act` within the limits; every refusal becomes a page in words, with the same headers."""
    wanted, language = language, language or preferred_language(request.headers)
    address = address_of(request)
    try:
        if request.method == "POST":
            await limits.allow_form(address)
        else:
            await limits.allow(limits.PAGE_READS, request.method, network_of(address))
        return await act()
    except LinkGone as gone:
        page = closed_page(wanted or gone.language, gone.why, gone.company_name, token)
        headers = {**CLIENT_HEADERS, "Content-Security-Policy": STATIC_POLICY}
        return HTMLResponse(page, 410, headers=headers)
    except NotFound as missing:
        return await _missing(missing, address, language)
    except Refusal as refusal:
        if "application/json" in request.headers.get("accept", ""):
            return refusal_problem(refusal, language, CLIENT_HEADERS)
        return await _refused(request, token, refusal, language)


async def _missing(missing: NotFound, address: str, language: str) -> Response:
    if await limits.is_unknown_too_often(address):
        return refusal_page(limits.too_many(), language)
    return refusal_page(missing, language)


async def _refused(request: Request, token: str, refusal: Refusal, language: str) -> Response:
    """The page itself with the reason on top, where there is one to show; else the reason alone."""
    if request.method == "POST" and refusal.status in (403, 409, 422):
        form = await form_of(request)
        typed = {name: text_of(form, name) for name in form}
        async with reading() as session:
            page = await client_page(session, token, language_of(form), ticked=_options(form))
            words = words_of(refusal, page.language)
            if isinstance(refusal, StaleVersion):
                document = (await open_with_token(session, token)).document
                words += f" {await changes_since(session, document, refusal.read, page.language)}".rstrip()
        # Without scripts: the live page doesn't know the address of a form, and would say 404 below it.
        policy = STATIC_POLICY.replace(
            "form-action 'self'", " ".join(["form-action 'self'", *page.pay.origins])
        )
        headers = {**CLIENT_HEADERS, "Content-Security-Policy": policy}
        return HTMLResponse(refused_page(page, words, typed), refusal.status, headers=headers)
    return refusal_page(refusal, language, back=f"/d/{token}" if refusal.status != 429 else "")


async def form_of(request: Request) -> FormData:
    return await request.form(max_files=0, max_fields=50)


def _options(form: FormData) -> tuple[str, ...]:
    return tuple(value for value in form.getlist("option") if isinstance(value, str))


def language_of(form: FormData) -> str:
    """The language the page of this form was read in; empty where it doesn't say."""
    language = text_of(form, "language")
    return language if language in LANGUAGES else ""


def text_of(form: FormData, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""
