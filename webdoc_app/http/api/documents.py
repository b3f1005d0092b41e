"""Documents and all that happens to them, over REST."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from webdoc_app.domain.decisions import AnswerFields
from webdoc_app.domain.documents import Kind
from webdoc_app.domain.errors import Invalid
from webdoc_app.domain.money import parse_amount
from webdoc_app.http.api import schemas
from webdoc_app.http.api.files import MESSAGE_FORM, message_view
from webdoc_app.http.api.idempotency import IdempotentRoute
from webdoc_app.http.api.programs import Program
from webdoc_app.http.api.programs import actor_of as _actor
from webdoc_app.http.files import pdf_headers
from webdoc_app.http.merchant import pdf_response, uploaded
from webdoc_app.models import ApiKey
from webdoc_app.reads.documents import (
    DocumentFilter,
    customer_view,
    document_view,
    document_views,
    events_of,
    list_documents,
    make_cursor,
    read_cursor,
)
from webdoc_app.reads.files import message_views
from webdoc_app.reads.status import LABELS
from webdoc_app.services import (
    answers_by_merchant,
    chain,
    conversation,
    customers,
    documents,
    issuing,
    links,
    payments,
    sending,
)
from webdoc_app.services.certificates import certificate as certificate_of
from webdoc_app.services.imports import import_invoice
from webdoc_app.services.work import reading

Json = dict[str, Any]


router = APIRouter(route_class=IdempotentRoute)


async def _view(program: ApiKey, document_id: str) -> Json:
    async with reading() as session:
        document = await documents.find_document(session, program.company_id, document_id)
        return await document_view(session, document)


@router.post("/customers", status_code=201)
async def create_customer(program: Program, body: schemas.CustomerIn) -> Json:
    customer_id = await customers.create_customer(program.company_id, body.model_dump())
    async with reading() as session:
        return customer_view(await customers.find_customer(session, program.company_id, customer_id))


@router.post("/documents", status_code=201)
async def create_document(program: Program, body: schemas.DocumentIn) -> Json:
    if (body.customer_id is None) == (body.customer is None):
        raise Invalid.one("customer_id", "Indiquez le client : customer_id ou customer.")
    described = body.customer.model_dump() if body.customer else None
    if described is not None:
        described = customers.read_customer(described, "customer.")
    draft = documents.DraftInput(
        kind=body.kind,
        customer_id=body.customer_id or "",
        lines=_lines(body.lines),
        currency=body.currency,
        language=body.language,
        title=body.title or "",
        notes=body.notes or "",
        valid_until=body.valid_until,
        due_date=body.due_date,
        deposit_percent=body.deposit_percent,
    )
    return await _view(
        program, await documents.create_draft(program.company_id, draft, _actor(program), described)
    )


@router.get("/documents")
async def search_documents(
    program: Program,
    kind: str = "",
    status: str = "",
    q: str = "",
    cursor: str = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Json:
    if kind and kind not in Kind.__members__.values():
        raise Invalid.one("kind", "Ce type de document n’existe pas.")
    if status and status not in LABELS:
        raise Invalid.one("status", "Cet état n’existe pas.")
    async with reading() as session:
        wanted = DocumentFilter(kind, status, q[:200].replace("\x00", ""), cursor, limit)
        rows, following = await list_documents(session, program.company_id, wanted)
        return {"items": await document_views(session, rows), "next_cursor": following}


@router.get("/documents/{document_id}")
async def read_document(program: Program, document_id: str) -> Json:
    return await _view(program, document_id)


@router.patch("/documents/{document_id}")
async def change_document(program: Program, document_id: str, body: schemas.DocumentPatch) -> Json:
    changes, lines = _changes(body)
    await documents.change_draft(program.company_id, document_id, changes, lines, _actor(program))
    return await _view(program, document_id)


@router.delete("/documents/{document_id}", status_code=204)
async def delete_document(program: Program, document_id: str) -> Response:
    await documents.delete_draft(program.company_id, document_id, _actor(program))
    return Response(status_code=204)


@router.post("/documents/{document_id}/issue")
async def issue(program: Program, document_id: str) -> Json:
    await issuing.issue_document(program.company_id, document_id, _actor(program))
    return await _view(program, document_id)


@router.post("/documents/{document_id}/send")
async def send(program: Program, document_id: str, body: schemas.SendIn | None = None) -> Json:
    letter = body or schemas.SendIn()
    words = sending.Letter(
        letter.to or "", letter.subject or "", letter.message or "", letter.link_id, letter.attach_pdf
    )
    await sending.send_document(program.company_id, document_id, words, _actor(program))
    return await _view(program, document_id)


@router.post("/documents/{document_id}/revise")
async def revise(program: Program, document_id: str, body: schemas.DocumentPatch) -> Json:
    changes, lines = _changes(body)
    await issuing.revise_quote(program.company_id, document_id, changes, lines, _actor(program))
    return await _view(program, document_id)


@router.post("/documents/{document_id}/convert", status_code=201)
async def convert(program: Program, document_id: str, body: schemas.ConvertIn) -> Json:
    return await _view(
        program, await chain.convert_document(program.company_id, document_id, body.to, _actor(program))
    )


@router.post("/documents/{document_id}/decision", status_code=201)
async def record_answer(program: Program, document_id: str, body: schemas.AnswerIn) -> Json:
    """Notes an answer the client gave by phone or on paper."""
    fields = AnswerFields(
        body.decision,
        body.name,
        body.quality or "",
        body.reason or "",
        body.until.isoformat() if body.until else "",
        body.options,
    )
    await answers_by_merchant.record_answer(program.company_id, document_id, fields, _actor(program))
    return await _view(program, document_id)


@router.post("/documents/{document_id}/reopen")
async def reopen(program: Program, document_id: str, body: schemas.ReopenIn | None = None) -> Json:
    """Lets the client answer anew."""
    reason = (body.reason if body else None) or ""
    await answers_by_merchant.reopen_decision(program.company_id, document_id, reason, _actor(program))
    return await _view(program, document_id)


@router.get("/documents/{document_id}/certificate")
async def certificate(
    program: Program,
    document_id: str,
    format: Literal["pdf", "json"] = "pdf",
) -> Response:
    """The proof of the latest answer."""
    data = await certificate_of(program.company_id, document_id, format)
    headers = pdf_headers(f"certificate.{format}", download=True)
    return Response(data, media_type=f"application/{format}", headers=headers)


@router.get("/documents/{document_id}/pdf")
async def pdf(program: Program, document_id: str) -> Response:
    return await pdf_response(program.company_id, document_id, download=False)


@router.get("/documents/{document_id}/events")
async def events(program: Program, document_id: str) -> Json:
    async with reading() as session:
        document = await documents.find_document(session, program.company_id, document_id)
        return {"items": await events_of(session, document)}


@router.get("/documents/{document_id}/messages")
async def messages(
    program: Program, document_id: str, cursor: str = "", limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> Json:
    """The newest first page, oldest message first; `next_cursor` leads to older ones."""
    before = conversation.Cursor(*read_cursor(cursor)) if cursor else None
    async with reading() as session:
        document = await documents.find_document(session, program.company_id, document_id)
        rows = await conversation.messages_of(
            session, document, internal=True, limit=limit + 1, before=before
        )
        page = rows[-limit:]
        following = make_cursor(page[0].at, page[0].id) if len(rows) > limit else None
        return {"items": await message_views(session, page), "next_cursor": following}


@router.post("/documents/{document_id}/messages", status_code=201, openapi_extra=MESSAGE_FORM)
async def post_message(program: Program, document_id: str, body: schemas.MessageIn) -> Json:
    message_id = await conversation.post_message(
        program.company_id,
        document_id,
        body.body,
        _actor(program),
        internal=body.internal,
        notify=body.notify,
        line=body.line_id or "",
    )
    return await message_view(program, message_id)


@router.post("/documents/{document_id}/links", status_code=201)
async def add_link(program: Program, document_id: str, body: schemas.RecipientIn) -> Json:
    """One more recipient, with a link of their own."""
    recipient = links.Recipient(body.name, body.email or "", body.expires_at)
    await links.add_link(program.company_id, document_id, recipient, _actor(program))
    return await _view(program, document_id)


@router.patch("/documents/{document_id}/links/{link_id}")
async def change_link(program: Program, document_id: str, link_id: str, body: schemas.RecipientPatch) -> Json:
    """Another name, address or end; the address of the page stays."""
    changes = body.model_dump(exclude_unset=True)
    await links.change_link(program.company_id, document_id, link_id, changes, _actor(program))
    return await _view(program, document_id)


@router.post("/documents/{document_id}/link/rotate")
async def rotate(program: Program, document_id: str, body: schemas.LinkIn | None = None) -> Json:
    await links.rotate_link(program.company_id, document_id, _link_id(body), _actor(program))
    return await _view(program, document_id)


@router.post("/documents/{document_id}/link/revoke")
async def revoke(program: Program, document_id: str, body: schemas.LinkIn | None = None) -> Json:
    await links.revoke_link(program.company_id, document_id, _link_id(body), _actor(program))
    return await _view(program, document_id)


@router.post("/documents/{document_id}/link/disable")
async def disable(program: Program, document_id: str, body: schemas.LinkIn | None = None) -> Json:
    await links.disable_link(program.company_id, document_id, _link_id(body), _actor(program))
    return await _view(program, document_id)


@router.post("/documents/{document_id}/link/enable")
async def enable(program: Program, document_id: str, body: schemas.LinkIn | None = None) -> Json:
    await links.enable_link(program.company_id, document_id, _link_id(body), _actor(program))
    return await _view(program, document_id)


@router.post("/documents/{document_id}/payments", status_code=201)
async def record_payment(program: Program, document_id: str, body: schemas.PaymentIn) -> Json:
    async with reading() as session:
        document = await documents.find_document(session, program.company_id, document_id)
    amount = parse_amount(body.amount, document.currency, field="amount")
    payment = payments.PaymentInput(amount, body.method, body.paid_on, body.reference or "")
    payment_id = await payments.record_payment(program.company_id, document_id, payment, _actor(program))
    return {"id": payment_id, **body.model_dump(mode="json"), "document": await _view(program, document_id)}


@router.post("/imports", status_code=201)
async def import_file(program: Program, request: Request) -> Json:
    data, name = await uploaded(request, "file")
    return await _view(program, await import_invoice(program.company_id, data, name, _actor(program)))


def _link_id(body: schemas.LinkIn | None) -> str | None:
    return body.link_id if body else None


def _lines(lines: list[schemas.LineIn]) -> list[documents.LineInput]:
    return [
        documents.LineInput(
            **{
                **line.model_dump(exclude={"optional"}),
                "unit": line.unit or "",
                "is_optional": line.optional,
            }
        )
        for line in lines
    ]


def _changes(body: schemas.DocumentPatch) -> tuple[Json, list[documents.LineInput] | None]:
    changes = body.model_dump(exclude_unset=True, exclude={"lines"})
    for name in ("title", "notes"):
        if name in changes:
            changes[name] = changes[name] or ""
    for name in ("kind", "customer_id", "currency", "language"):
        if changes.get(name, "") is None:
            del changes[name]
    return changes, _lines(body.lines) if body.lines is not None else None
