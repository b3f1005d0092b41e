"""Mails that come in over HTTP, and what providers tell of mails that went out; with a secret, without it nothing."""

import base64
import binascii
import hmac
import json
import logging
from typing import Any

from fastapi import APIRouter, Request
from starlette.datastructures import Headers, UploadFile
from starlette.responses import JSONResponse, PlainTextResponse, Response

from webdoc_app.domain.errors import Forbidden, Invalid, NotFound, Refusal
from webdoc_app.domain.networks import network_of
from webdoc_app.http.visitors import address_of
from webdoc_app.integrations.mail.incoming import MAX_BYTES
from webdoc_app.services import limits
from webdoc_app.services.bounces import note_event
from webdoc_app.services.incoming import take
from webdoc_app.settings import settings

router = APIRouter(include_in_schema=False)
logger = logging.getLogger(__name__)
RAW_FIELDS = ("email", "body-mime", "message", "raw", "mime", "rfc822")
"""Where providers put the whole message: SendGrid (raw), Mailgun (MIME), and what others call it."""
RECIPIENT_FIELDS = ("recipient", "to", "envelope")
MOST_EVENTS = 500


@router.post("/hooks/mail/inbound")
async def inbound(request: Request) -> Response:
    """The raw message as the body (`message/rfc822`), or in a field of a form. A word on what became of it; 200 for
    dropped mails too, so that nobody sends them again."""
    try:
        await _insist_secret(request)
        raw, recipients = await _message(request)
        return PlainTextResponse(await take(raw, recipients))
    except Refusal as refusal:
        return PlainTextResponse(refusal.code, refusal.status)


@router.post("/hooks/mail/events")
async def events(request: Request) -> Response:
    """JSON `{"message_id", "event": "bounced|delayed|delivered|complained", "reason"}`, or a list of them. `{"known": n}`:
    of how many the mail is ours."""
    try:
        await _insist_secret(request)
        known = [await note_event(*event) for event in _events(await request.body())]
        return JSONResponse({"known": sum(known)})
    except Invalid as refusal:
        error = refusal.errors[0]
        return JSONResponse(
            {"code": refusal.code, "field": error.field, "detail": error.sentence}, refusal.status
        )
    except Refusal as refusal:
        return PlainTextResponse(refusal.code, refusal.status)


async def _insist_secret(request: Request) -> None:
    """As `Authorization: Bearer SECRET`, or the password of Basic, which an address can carry. Raises NotFound where no
    secret is set, Forbidden, TooMany."""
    if not settings().inbound_secret.get_secret_value():
        raise NotFound
    if not knows_secret(request.headers):
        await limits.allow(limits.UNKNOWN_TOKENS, "unknown", network_of(address_of(request)))
        raise Forbidden("Ce secret n’est pas le bon.")


def knows_secret(headers: Headers) -> bool:
    """Whether a request brings the secret, where there is one."""
    ours = settings().inbound_secret.get_secret_value()
    scheme, _, given = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            given = base64.b64decode(given, validate=True).decode().partition(":")[2]
        except (binascii.Error, ValueError):
            given = ""
    return bool(ours) and hmac.compare_digest(given.strip().encode("utf-8", "replace"), ours.encode())


async def _message(request: Request) -> tuple[bytes, list[str]]:
    """Raises Invalid where there is no message in the form."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("multipart/form-data", "application/x-www-form-urlencoded"):
        return await request.body(), []
    async with request.form(max_files=20, max_fields=200, max_part_size=MAX_BYTES) as form:
        recipients = [address for name in RECIPIENT_FIELDS for address in _addresses(form.get(name))]
        for name in RAW_FIELDS:
            value = form.get(name)
            if isinstance(value, UploadFile):
                return await value.read(), recipients
            if value:
                return value.encode("utf-8", "surrogateescape"), recipients
    raise Invalid.one("email", "Cette information est nécessaire.")


def _addresses(value: Any) -> list[str]:
    """`a@b`, `a@b, c@d`, or an envelope as JSON: `{"to": ["a@b"]}`."""
    if not isinstance(value, str) or len(value) > 10_000:
        return []
    if value.lstrip().startswith("{"):
        try:
            told = json.loads(value).get("to", [])
        except (ValueError, RecursionError):
            return []
        return (
            [each for each in told if isinstance(each, str)][:50] if isinstance(told, list) else [str(told)]
        )
    return [each.strip(" <>") for each in value.split(",")][:50]


def _events(body: bytes) -> list[tuple[str, str, str]]:
    """Raises Invalid naming what is missing."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise Invalid.one("body", "Ce message ne se lit pas.") from None
    found = []
    for each in told if isinstance(told, list) else [told]:
        texts = (
            {name: each.get(name, "") for name in ("message_id", "event", "reason")}
            if isinstance(each, dict)
            else {}
        )
        for name in ("message_id", "event"):
            if not isinstance(texts.get(name), str) or not texts[name]:
                raise Invalid.one(name, "Cette information est nécessaire.")
        found.append((texts["message_id"], texts["event"], str(texts["reason"] or "")))
    if len(found) > MOST_EVENTS:
        raise Invalid.one("body", "Ce message est trop long.")
    return found
