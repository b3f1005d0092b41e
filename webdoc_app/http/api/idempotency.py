"""`Idempotency-Key` on every POST: the same key and body get the same answer, another body 422."""

import hashlib
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.routing import APIRoute
from python_multipart.multipart import parse_options_header
from sqlalchemy import delete, update
from sqlmodel import col
from starlette.responses import Response

from webdoc_app.domain.errors import Conflict, Invalid
from webdoc_app.models import IdempotentAnswer
from webdoc_app.services.accounts import program_of
from webdoc_app.services.work import insert_once, reading, work


class IdempotentRoute(APIRoute):
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answered_once(request: Request) -> Response:
            key = request.headers.get("idempotency-key", "")
            company_id = await _company(request) if key and request.method == "POST" else ""
            if not company_id:
                return await handle(request)
            if len(key) > 255:
                raise Invalid.one(
                    "Idempotency-Key", "Ce texte est trop long : %(limit)s caractères au plus.", limit=255
                )
            digest = await _digest(request)
            if before := await _begin(company_id, key, digest):
                return before
            try:
                response = await handle(request)
            except Exception:
                await _forget(company_id, key)
                raise
            await _keep(company_id, key, response)
            return response

        return answered_once


async def _digest(request: Request) -> str:
    """What was asked for. The boundary of a form is drawn anew each time and says nothing."""
    boundary = parse_options_header(request.headers.get("content-type", ""))[1].get(b"boundary", b"")
    body = await request.body()
    asked = body.replace(boundary, b"") if boundary else body
    return hashlib.sha256(request.url.path.encode() + b"\n" + asked).hexdigest()


async def _company(request: Request) -> str:
    token = request.headers.get("authorization", "").partition(" ")[2].strip()
    async with reading() as session:
        program = await program_of(session, token)
    return program.company_id if program else ""


async def _begin(company_id: str, key: str, digest: str) -> Response | None:
    """Claims the key, or gives the answer it already has. Raises Invalid, Conflict while the first still runs."""
    async with work() as w:
        values = {
            "company_id": company_id,
            "key": key,
            "request_sha256": digest,
            "status": 0,
            "body": "",
            "at": w.at,
        }
        if await insert_once(w.session, IdempotentAnswer, values):
            return None
        row = await w.session.get_one(IdempotentAnswer, (company_id, key))
    if row.request_sha256 != digest:
        raise Invalid.one("Idempotency-Key", "Cette clé a déjà servi pour une autre demande.")
    if row.status == 0:
        raise Conflict("La même demande est déjà en cours.")
    return Response(row.body, row.status, media_type="application/json")


async def _keep(company_id: str, key: str, response: Response) -> None:
    async with work() as w:
        await w.session.execute(
            update(IdempotentAnswer)
            .where(col(IdempotentAnswer.company_id) == company_id, col(IdempotentAnswer.key) == key)
            .values(status=response.status_code, body=bytes(response.body).decode())
        )


async def _forget(company_id: str, key: str) -> None:
    async with work() as w:
        await w.session.execute(
            delete(IdempotentAnswer).where(
                col(IdempotentAnswer.company_id) == company_id, col(IdempotentAnswer.key) == key
            )
        )
