"""The merchant's side over HTTP: who may open its pages, uploads, and the PDF."""

import re
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from starlette.requests import Request as StarletteRequest
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from webdoc_app.domain.errors import Conflict, Invalid, NotFound, Refusal
from webdoc_app.http.answers import CLIENT_HEADERS, STATIC_POLICY, refusal_response
from webdoc_app.http.entrance import door, to
from webdoc_app.http.files import download_response, pdf_headers, sent_file
from webdoc_app.http.visitors import insist_same_origin, require_member, signed_in, visitor_of
from webdoc_app.locales import translate
from webdoc_app.models import Company
from webdoc_app.models.columns import is_id
from webdoc_app.reads.client_html import preview_html
from webdoc_app.reads.client_page import preview_page
from webdoc_app.reads.ledger import LedgerFilter, read_month, read_way
from webdoc_app.reads.ledger_csv import ledger_csv
from webdoc_app.reads.payouts import PayoutFilter
from webdoc_app.reads.payouts_csv import payouts_csv
from webdoc_app.services.certificates import certificate
from webdoc_app.services.companies import logo_of, set_logo
from webdoc_app.services.conversation import post_message
from webdoc_app.services.decoding import Sender
from webdoc_app.services.documents import find_document
from webdoc_app.services.files import add_file, file_of
from webdoc_app.services.hits import note_request
from webdoc_app.services.imports import import_invoice
from webdoc_app.services.pdfs import ensure_pdf
from webdoc_app.services.receipts import receipt_of_company
from webdoc_app.services.work import reading

router = APIRouter(include_in_schema=False)
_PAGES = re.compile(r"/(en/)?app(/.*)?", re.DOTALL)
_FILES = re.compile(
    r"/app/(import|logo|payments/(export|payouts)\.csv|files/[0-9a-f]{32}|documents/[0-9a-f]{32}/(pdf|certificate|preview|messages|files|receipts/[0-9a-f]{32}))"
)


class MerchantPages:
    """Pages below /app open for a signed-in user only, in the company's language; others go to the login page."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        match = _PAGES.fullmatch(path)
        if scope["type"] != "http" or not match or _FILES.fullmatch(path):
            await self.app(scope, receive, send)
            return
        member = await signed_in(StarletteRequest(scope))
        if member is None:
            await to(await door())(scope, receive, send)
            return
        wanted = ("/en" if member.language == "en" else "") + "/app" + (match[2] or "")
        if wanted != path:
            await RedirectResponse(wanted, 303, headers={"Cache-Control": "no-store"})(scope, receive, send)
            return
        await self.app(scope, receive, send)


@router.post("/app/import")
async def import_file(request: Request) -> Response:
    """Multipart `file`: a Factur-X PDF or a CII XML. JSON `{id}`, or a problem in words."""
    try:
        insist_same_origin(request)
        member = await require_member(request)
        data, name = await uploaded(request, "file")
        return JSONResponse({"id": await import_invoice(member.company_id, data, name, member.actor)}, 201)
    except Refusal as refusal:
        return await _refused(refusal, request)


@router.post("/app/logo")
async def upload_logo(request: Request) -> Response:
    """Multipart `logo`: a PNG or JPEG picture; without a file the logo is taken away."""
    try:
        insist_same_origin(request)
        member = await require_member(request)
        data, _ = await uploaded(request, "logo")
        await set_logo(member.company_id, data or None)
        return JSONResponse({"logo": bool(data)})
    except Refusal as refusal:
        return await _refused(refusal, request)


@router.get("/app/logo")
async def logo(request: Request) -> Response:
    try:
        member = await require_member(request)
        async with reading() as session:
            data = await logo_of(session, await session.get_one(Company, member.company_id))
        if data is None:
            raise NotFound
        return Response(data, media_type="image/png", headers={"Cache-Control": "no-store"})
    except Refusal as refusal:
        return refusal_response(refusal, request.scope)


@router.get("/app/payments/export.csv")
async def payments_file(request: Request, way: str = "", month: str = "") -> Response:
    """The ledger, all of it or of one provider or month (`2026-11`), as a file for a spreadsheet."""
    try:
        member = await require_member(request)
    except Refusal as refusal:
        return await _refused(refusal, request)
    wanted = LedgerFilter(member.company_id, read_way(way), read_month(month))
    name = [translate("paiements", member.language), wanted.way, wanted.month]
    return _spreadsheet(ledger_csv(wanted, member.language), name)


@router.get("/app/payments/payouts.csv")
async def payouts_file(request: Request, month: str = "", payout: str = "") -> Response:
    """The payouts and what each is made of: all, one month's, or one payout's."""
    try:
        member = await require_member(request)
    except Refusal as refusal:
        return await _refused(refusal, request)
    wanted = PayoutFilter(member.company_id, read_month(month), payout if is_id(payout) else "")
    name = [translate("versements", member.language), wanted.month]
    return _spreadsheet(payouts_csv(wanted, member.language), name)


def _spreadsheet(lines: AsyncIterator[str], name: list[str]) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="{"-".join(filter(None, name))}.csv"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/app/documents/{document_id}/pdf")
async def document_pdf(request: Request, document_id: str, download: str = "") -> Response:
    try:
        member = await require_member(request)
        return await pdf_response(member.company_id, document_id, download=download == "1")
    except Refusal as refusal:
        return await _refused(refusal, request)


@router.get("/app/documents/{document_id}/preview")
async def document_preview(request: Request, document_id: str) -> Response:
    """The client's page, for the merchant: it needs no link, and counts as theirs."""
    try:
        visitor = await visitor_of(request)
        if not visitor.company_id:
            return RedirectResponse("/login", 303, headers={"Cache-Control": "no-store"})
        async with reading() as session:
            page, access = await preview_page(session, visitor.company_id, document_id)
        await note_request(access, visitor, request.method)
        headers = {**CLIENT_HEADERS, "Content-Security-Policy": STATIC_POLICY}
        return HTMLResponse(preview_html(page), headers=headers)
    except Refusal as refusal:
        return await _refused(refusal, request)


@router.get("/app/documents/{document_id}/certificate")
async def document_certificate(request: Request, document_id: str, format: str = "pdf") -> Response:
    """The proof of the document's latest answer, as a PDF or as its facts."""
    try:
        member = await require_member(request)
        if format not in ("pdf", "json"):
            raise NotFound
        data = await certificate(member.company_id, document_id, format)
        headers = pdf_headers(f"{translate('attestation', member.language)}.{format}", download=True)
        return Response(data, media_type=f"application/{format}", headers=headers)
    except Refusal as refusal:
        return await _refused(refusal, request)


@router.get("/app/documents/{document_id}/receipts/{payment_id}")
async def document_receipt(request: Request, document_id: str, payment_id: str) -> Response:
    """The receipt of a payment, as the client has it."""
    try:
        member = await require_member(request)
        name, data = await receipt_of_company(member.company_id, document_id, payment_id)
        return Response(data, media_type="application/pdf", headers=pdf_headers(name, download=False))
    except Refusal as refusal:
        return await _refused(refusal, request)


@router.get("/app/files/{file_id}")
async def download_file(request: Request, file_id: str) -> Response:
    """A file of the company, as a download."""
    try:
        member = await require_member(request)
        return download_response(await file_of(member.company_id, file_id))
    except Refusal as refusal:
        return await _refused(refusal, request)


@router.post("/app/documents/{document_id}/files")
async def upload_file(request: Request, document_id: str) -> Response:
    """Multipart `file`: laid beside the document, hidden from the client. JSON `{id}`, or a problem in words."""
    try:
        insist_same_origin(request)
        member = await require_member(request)
        data, name = await uploaded(request, "file")
        return JSONResponse(
            {"id": await add_file(member.company_id, document_id, data, name, member.actor)}, 201
        )
    except Refusal as refusal:
        return await _refused(refusal, request)


@router.post("/app/documents/{document_id}/messages")
async def post_with_file(request: Request, document_id: str) -> Response:
    """The composer's form with a file in it. JSON `{id}`, or a problem in words."""
    try:
        insist_same_origin(request)
        member = await require_member(request)
        async with reading() as session:
            await find_document(session, member.company_id, document_id)
        async with request.form(max_files=1, max_fields=10) as form:
            internal = bool(form.get("internal"))
            id_ = await post_message(
                member.company_id,
                document_id,
                str(form.get("body") or ""),
                member.actor,
                internal=internal,
                notify=bool(form.get("notify")) and not internal,
                file=await sent_file(form, Sender(member.company_id)),
                key=str(form.get("key") or ""),
                line=str(form.get("line") or ""),
            )
        return JSONResponse({"id": id_}, 201)
    except Refusal as refusal:
        return await _refused(refusal, request)


async def _refused(refusal: Refusal, request: Request) -> Response:
    """In the company's language, as the page the request comes from."""
    member = await signed_in(request)
    return refusal_response(refusal, request.scope, member.language if member else "")


async def pdf_response(company_id: str, document_id: str, *, download: bool) -> Response:
    """The stored PDF of a document of the company. Raises NotFound, Conflict for a draft."""
    data = await ensure_pdf(company_id, document_id)
    if data is None:
        raise Conflict("Ce document est encore un brouillon : il n’a pas de PDF.")
    async with reading() as session:
        number = (await find_document(session, company_id, document_id)).number or "document"
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", number).strip("-") or "document"
    headers = pdf_headers(f"{name}.pdf", download=download)
    return Response(data, media_type="application/pdf", headers=headers)


async def uploaded(request: Request, field: str) -> tuple[bytes, str]:
    """The bytes and the name of a file of a multipart form. Raises Invalid on `field`."""
    async with request.form(max_files=1, max_fields=10) as form:
        file = form.get(field)
        if file is None or isinstance(file, str):
            raise Invalid.one(field, "Choisissez un fichier.")
        return await file.read(), (file.filename or field)[:200]
