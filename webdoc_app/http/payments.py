"""Paying over HTTP: off to the provider's page, back from it, its webhooks, and receipts."""

import logging
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from webdoc_app.domain.documents import BILLS, Kind
from webdoc_app.domain.errors import Forbidden, NotFound, Refusal
from webdoc_app.domain.lifecycle import State
from webdoc_app.domain.networks import network_of
from webdoc_app.http.answers import CLIENT_HEADERS, STATIC_POLICY
from webdoc_app.http.visitors import address_of, is_machine
from webdoc_app.http.webdocument import PREFIXES, answer, form_of, language_of, text_of
from webdoc_app.integrations.payments.contract import PaymentsError
from webdoc_app.reads.pay_form import pay_form_page
from webdoc_app.reads.transfer import transfer_svg
from webdoc_app.services import limits
from webdoc_app.services.payment_attempts import balance, start_payment
from webdoc_app.services.payment_forms import brought_back, pay_form
from webdoc_app.services.receipts import receipt_pdf
from webdoc_app.services.returns import attempt_of, way_back
from webdoc_app.services.settling import settle
from webdoc_app.services.sharing import open_with_token
from webdoc_app.services.webhooks import receive
from webdoc_app.services.work import reading

router = APIRouter(include_in_schema=False)
logger = logging.getLogger(__name__)


@router.post("/d/{token}/pay/{provider}")
async def pay(request: Request, token: str, provider: str) -> Response:
    """Off to the provider's page, for an amount that is ours."""

    async def go() -> Response:
        if is_machine(request):
            raise Forbidden("Ouvrez cette page dans votre navigateur pour continuer.")
        form = await form_of(request)
        nonce, amount = text_of(form, "nonce"), text_of(form, "amount")
        url = await start_payment(token, provider, nonce, amount, language_of(form))
        return RedirectResponse(url, 303, headers=CLIENT_HEADERS)

    return await answer(request, token, go)


async def _back(request: Request, return_id: str, cancelled: str, language: str) -> Response:
    """Back from the provider. The address proves nothing: the provider is asked, and the document's page tells."""

    async def go() -> Response:
        attempt_id = await attempt_of(return_id)
        if request.method == "GET":
            try:
                told = await brought_back(attempt_id, dict(request.query_params))
                await settle(attempt_id, returned=True, cancelled=cancelled == "1", told=told)
            except PaymentsError as failed:
                logger.warning("attempt %s: its provider could not be asked (%s)", attempt_id, failed)
        return RedirectResponse(await way_back(attempt_id, language), 303, headers=CLIENT_HEADERS)

    return await answer(request, "", go, language)


async def _form(request: Request, return_id: str, language: str) -> Response:
    """Where a provider is reached by a form: its fields, signed, and the one button that sends them."""

    async def go() -> Response:
        attempt_id = await attempt_of(return_id)
        path = await way_back(attempt_id, language)
        try:
            found, attempt, document = await pay_form(attempt_id, language)
        except NotFound:
            return RedirectResponse(path, 303, headers=CLIENT_HEADERS)
        page = pay_form_page(found, attempt, document, path, language or document.language)
        parts = urlsplit(found.action)
        policy = STATIC_POLICY.replace("form-action 'self'", f"form-action {parts.scheme}://{parts.netloc}")
        return HTMLResponse(page, headers={**CLIENT_HEADERS, "Content-Security-Policy": policy})

    return await answer(request, "", go, language)


def _add_returns(prefix: str, language: str) -> None:
    """The addresses a provider's page leads back to, for whoever reads in `language`; empty for the document's."""

    @router.api_route(f"{prefix}/return/{{return_id}}", methods=["GET", "HEAD"])
    async def back(request: Request, return_id: str, cancelled: str = "") -> Response:
        return await _back(request, return_id, cancelled, language)

    @router.api_route(f"{prefix}/return/{{return_id}}/form", methods=["GET", "HEAD"])
    async def form(request: Request, return_id: str) -> Response:
        return await _form(request, return_id, language)


for _prefix, _language in PREFIXES.items():
    _add_returns(_prefix, _language)


@router.post("/hooks/{provider}/{account_id}")
async def hook(request: Request, provider: str, account_id: str) -> Response:
    """A provider's webhook. Its raw bytes are what is signed; a few words are enough of an answer."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        await receive(provider, account_id, await request.body(), headers)
    except NotFound as missing:
        await limits.allow(limits.UNKNOWN_TOKENS, "unknown", network_of(address_of(request)))
        return PlainTextResponse(missing.code, missing.status)
    except Refusal as refusal:
        return PlainTextResponse(refusal.code, refusal.status)
    return PlainTextResponse("ok")


@router.api_route("/d/{token}/transfer.svg", methods=["GET", "HEAD"])
async def transfer_code(request: Request, token: str) -> Response:
    """The code a bank's application scans, for what is due now; nothing where nothing is."""

    async def show() -> Response:
        async with reading() as session:
            document = (await open_with_token(session, token)).document
        is_open = Kind(document.kind) in BILLS and document.state not in (State.CANCELLED, State.CLOSED)
        svg = transfer_svg(document, balance(document).due) if is_open else ""
        if not svg:
            raise NotFound
        return Response(svg, headers=CLIENT_HEADERS, media_type="image/svg+xml")

    return await answer(request, token, show)


@router.api_route("/d/{token}/receipts/{payment_id}", methods=["GET", "HEAD"])
async def receipt(request: Request, token: str, payment_id: str) -> Response:
    """The receipt of one payment, as a PDF."""

    async def show() -> Response:
        name, data = await receipt_pdf(token, payment_id)
        headers = {**CLIENT_HEADERS, "Content-Disposition": f'inline; filename="{name}"'}
        return Response(data, headers=headers, media_type="application/pdf")

    return await answer(request, token, show)
