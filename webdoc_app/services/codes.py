"""One-time codes: above an amount the company sets, an acceptance needs a code mailed to the link's recipient.

Eight digits (26 bits), good for ten minutes and five tries (OWASP ASVS 5.0, 6.5 and 6.6).
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.documents import ANSWERABLE, Kind
from webdoc_app.domain.errors import Conflict, Invalid, TooMany
from webdoc_app.models import Company, DecisionCode, Document
from webdoc_app.models.columns import new_id
from webdoc_app.services.documents import find_document
from webdoc_app.services.mails import queue_code_mail
from webdoc_app.services.nonces import nonce_id, read_nonce, spend, spent
from webdoc_app.services.sharing import Access, open_with_token
from webdoc_app.services.work import Work, now, work

PURPOSE = "code"
LIFETIME = timedelta(minutes=10)
PAUSE = timedelta(seconds=30)
MOST_TRIES = 5
MOST_CODES_AN_HOUR = 6


@dataclass(frozen=True)
class CodeCheck:
    """How a code was checked, for the proof; `to` is the address with its middle hidden."""

    to: str
    sent_at: str
    verified_at: str
    attempts: int


def code_needed(company: Company, document: Document, amount_minor: int) -> bool:
    """`amount_minor` with the options chosen, in the document's currency."""
    return (
        Kind(document.kind) in ANSWERABLE
        and company.code_above_minor is not None
        and amount_minor >= company.code_above_minor
    )


def masked(email: str) -> str:
    """`j…e@example.fr`."""
    name, _, host = email.partition("@")
    return f"{name[:1]}…{name[-1:] if len(name) > 1 else ''}@{host}"


async def send_code_with_token(token: str, nonce: str) -> None:
    """Mails a code to the address the link was made for, and to no other. The same form sent twice sends one.

    Raises NotFound, LinkGone, Invalid or Forbidden on `nonce`, Conflict where no address is known, TooMany.
    """
    async with work() as w:
        access = await open_with_token(w.session, token)
        document = await find_document(w.session, access.company.id, access.document.id, lock=True)
        id_ = read_nonce(nonce, document.id, PURPOSE)
        if await spent(w, id_) is not None:
            return
        email = access.link.recipient_email
        if not email:
            raise Conflict(
                "Nous ne connaissons pas votre adresse électronique. Écrivez un message pour la donner, ou répondez "
                "par téléphone."
            )
        await _allow(w, access, document)
        code = "".join(secrets.choice("0123456789") for _ in range(8))
        row = DecisionCode(
            id=new_id(),
            company_id=document.company_id,
            document_id=document.id,
            link_id=access.link.id,
            email=email,
            code_hash="",
            sent_at=w.at,
            expires_at=w.at + LIFETIME,
        )
        row.code_hash = _hash(row.id, code)
        w.session.add(row)
        spend(w, id_, document, PURPOSE, "sent")
        await queue_code_mail(w, access, code)


async def code_is_out(session: AsyncSession, access: Access) -> bool:
    """Whether a code was mailed that can still be given."""
    row = await _running(session, access.document.id, access.link.id, now())
    return row is not None and row.attempts < MOST_TRIES


async def _allow(w: Work, access: Access, document: Document) -> None:
    query = select(DecisionCode.sent_at).where(
        DecisionCode.document_id == document.id,
        DecisionCode.link_id == access.link.id,
        col(DecisionCode.sent_at) > w.at - timedelta(hours=1),
    )
    times = list((await w.session.exec(query)).all())
    if len(times) >= MOST_CODES_AN_HOUR or any(time > w.at - PAUSE for time in times):
        raise TooMany("Un code vient d’être envoyé. Patientez un instant avant d’en demander un autre.")


async def try_code_with_token(token: str, code: str, nonce: str) -> None:
    """Notes a try, in a transaction of its own: a wrong code costs one even though the answer is then refused."""
    async with work() as w:
        access = await open_with_token(w.session, token)
        row = await _running(w.session, access.document.id, access.link.id, w.at)
        good_nonce = nonce_id(nonce, access.document.id, "decision")
        if row is None or good_nonce is None:
            return
        claimed = await w.session.execute(
            update(DecisionCode)
            .where(col(DecisionCode.id) == row.id, col(DecisionCode.attempts) < MOST_TRIES)
            .values(attempts=DecisionCode.attempts + 1)
        )
        if claimed.rowcount and hmac.compare_digest(row.code_hash, _hash(row.id, _digits(code))):  # type: ignore[attr-defined]
            values = {"verified_at": w.at, "verified_for": good_nonce}
            await w.session.execute(
                update(DecisionCode).where(col(DecisionCode.id) == row.id).values(**values)
            )


async def insist_code(w: Work, access: Access, document: Document, nonce: str) -> DecisionCode:
    """The code that was checked for this very form (`nonce` is its id). Raises Invalid on `code`."""
    row = await _running(w.session, document.id, access.link.id, w.at)
    if row is None:
        raise Invalid.one("code", "Demandez un code : il arrive par courriel et reste bon dix minutes.")
    await w.session.refresh(row)
    if row.verified_for != nonce:
        if row.attempts >= MOST_TRIES:
            raise Invalid.one("code", "Ce code a été essayé trop souvent. Demandez-en un autre.")
        raise Invalid.one("code", "Ce n’est pas le code envoyé. Vérifiez les huit chiffres.")
    return row


async def _running(
    session: AsyncSession, document_id: str, link_id: str, moment: datetime
) -> DecisionCode | None:
    query = select(DecisionCode).where(
        DecisionCode.document_id == document_id,
        DecisionCode.link_id == link_id,
        col(DecisionCode.expires_at) > moment,
    )
    return (await session.exec(query.order_by(col(DecisionCode.sent_at).desc()).limit(1))).first()


def _digits(code: str) -> str:
    """The code as it was typed, without the blank it is shown with."""
    return "".join(code.split())[:20]


def _hash(id_: str, code: str) -> str:
    return hashlib.sha256(f"{id_}:{code}".encode("utf-8", "replace")).hexdigest()
