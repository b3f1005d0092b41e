"""Files of a document over REST: laid beside it, shown to the client or not, sent with messages, fetched."""

from collections.abc import MutableMapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.datastructures import FormData, Headers
from starlette.responses import Response
from starlette.routing import Match

from webdoc_app.domain.errors import Invalid, NotFound
from webdoc_app.http.api import schemas
from webdoc_app.http.api.idempotency import IdempotentRoute
from webdoc_app.http.api.programs import Program, actor_of
from webdoc_app.http.files import download_response, sent_file
from webdoc_app.models import ApiKey, Message
from webdoc_app.models.columns import parse_time
from webdoc_app.reads.documents import make_cursor, read_cursor
from webdoc_app.reads.files import file_view, files_page, message_views
from webdoc_app.services import conversation, files
from webdoc_app.services.decoding import Sender
from webdoc_app.services.documents import find_document
from webdoc_app.services.work import reading

Json = dict[str, Any]
_FLAGS = {"": False, "false": False, "0": False, "true": True, "1": True}


class FormRoute(IdempotentRoute):
    """Answers multipart forms alone: what comes as JSON to the same address is another route's."""

    def matches(self, scope: MutableMapping[str, Any]) -> tuple[Match, MutableMapping[str, Any]]:
        match, found = super().matches(scope)
        is_form = Headers(scope=scope).get("content-type", "").startswith("multipart/form-data")
        return (match, found) if is_form or match is not Match.FULL else (Match.NONE, {})


forms = APIRouter(route_class=FormRoute, include_in_schema=False)
router = APIRouter(route_class=IdempotentRoute)


def _form(**properties: Json) -> Json:
    """A multipart form as OpenAPI describes it."""
    file = {"type": "string", "format": "binary", "description": "PDF, PNG or JPEG, at most 10 MB"}
    schema = {"type": "object", "properties": {"file": file, **properties}, "required": ["file"]}
    return {"requestBody": {"content": {"multipart/form-data": {"schema": schema}}}}


MESSAGE_FORM = _form(
    body={"type": "string"},
    internal={"type": "boolean", "default": False},
    notify={"type": "boolean", "default": False},
    line_id={"type": "string"},
)
_FLAG: Json = {"type": "boolean", "default": False}


@router.get("/documents/{document_id}/files")
async def list_files(
    program: Program, document_id: str, cursor: str = "", limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> Json:
    """Oldest first, those of messages too; `next_cursor` leads to newer ones."""
    after = conversation.Cursor(*read_cursor(cursor)) if cursor else None
    async with reading() as session:
        document = await find_document(session, program.company_id, document_id)
        rows = await files_page(session, document, limit + 1, after)
    page = rows[:limit]
    last = page[-1] if len(rows) > limit else None
    return {"items": page, "next_cursor": make_cursor(parse_time(last["at"]), last["id"]) if last else None}


@router.post("/documents/{document_id}/files", status_code=201, openapi_extra=_form(visible=_FLAG))
async def add_file(program: Program, request: Request, document_id: str) -> Json:
    """Lays a file beside the document, hidden from the client unless `visible`."""
    async with reading() as session:
        await find_document(session, program.company_id, document_id)  # before work is spent on a file
    async with request.form(max_files=1, max_fields=10) as form:
        file = await sent_file(form, Sender(program.company_id))
        visible = _flag(form, "visible")
    if file is None:
        raise Invalid.one("file", "Choisissez un fichier.")
    id_ = await files.add_checked(program.company_id, document_id, file, actor_of(program), visible=visible)
    return await _view(program, document_id, id_)


@router.patch("/documents/{document_id}/files/{file_id}")
async def show_file(program: Program, document_id: str, file_id: str, body: schemas.FilePatch) -> Json:
    """Shows a file beside the document to the client, or hides it; a message's file goes with its message."""
    await _view(program, document_id, file_id)
    await files.show_file(program.company_id, file_id, actor_of(program), visible=body.visible)
    return await _view(program, document_id, file_id)


@router.delete("/documents/{document_id}/files/{file_id}", status_code=204)
async def remove_file(program: Program, document_id: str, file_id: str) -> Response:
    """Takes away a file beside the document."""
    await _view(program, document_id, file_id)
    await files.remove_file(program.company_id, file_id, actor_of(program))
    return Response(status_code=204)


@router.get("/documents/{document_id}/files/{file_id}")
async def download(program: Program, document_id: str, file_id: str) -> Response:
    """The file itself, as a download."""
    await _view(program, document_id, file_id)
    return download_response(await files.file_of(program.company_id, file_id))


@forms.post("/documents/{document_id}/messages", status_code=201)
async def post_message_with_file(program: Program, request: Request, document_id: str) -> Json:
    """A message, or a note, with a file; the words may be missing."""
    async with reading() as session:
        await find_document(session, program.company_id, document_id)
    async with request.form(max_files=1, max_fields=10) as form:
        message_id = await conversation.post_message(
            program.company_id,
            document_id,
            _text(form, "body"),
            actor_of(program),
            internal=_flag(form, "internal"),
            notify=_flag(form, "notify"),
            file=await sent_file(form, Sender(program.company_id)),
            line=_text(form, "line_id"),
        )
    return await message_view(program, message_id)


async def message_view(program: ApiKey, message_id: str) -> Json:
    async with reading() as session:
        message = await session.get(Message, message_id)
        if message is None or message.company_id != program.company_id:
            raise NotFound
        return (await message_views(session, [message]))[0]


async def _view(program: ApiKey, document_id: str, file_id: str) -> Json:
    """Raises NotFound for a file of another document, or company."""
    async with reading() as session:
        document = await find_document(session, program.company_id, document_id)
        return await file_view(session, document, file_id)


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""


def _flag(form: FormData, name: str) -> bool:
    value = _text(form, name).strip().lower()
    if value not in _FLAGS:
        raise Invalid.one(name, "Cette valeur n’est pas correcte.")
    return _FLAGS[value]
