"""Nonces of forms: each belongs to a document and a purpose, is good once, and needs no cookie."""

import secrets

from webdoc_app.domain.errors import Forbidden, Invalid
from webdoc_app.models import Document, UsedNonce
from webdoc_app.services import keys
from webdoc_app.services.work import Work


def new_nonce(document_id: str, purpose: str) -> str:
    """`purpose`: decision, message, later pay."""
    return keys.sign("nonce", [document_id, purpose, secrets.token_hex(12)])


def read_nonce(nonce: str, document_id: str, purpose: str) -> str:
    """The nonce's own id. Raises Invalid where it is missing, Forbidden where it is forged or another form's."""
    if not nonce:
        raise Invalid.one("nonce", "Cette information est nécessaire.")
    match keys.unsign("nonce", nonce):
        case [str(owner), str(for_what), str(id_)] if (owner, for_what) == (document_id, purpose):
            return id_
    raise Forbidden("Ce formulaire n’est pas celui de ce document. Rechargez la page et recommencez.")


def nonce_id(nonce: str, document_id: str, purpose: str) -> str | None:
    """The nonce's id where it is this form's, else None."""
    try:
        return read_nonce(nonce, document_id, purpose)
    except (Invalid, Forbidden):
        return None


async def spent(w: Work, id_: str) -> str | None:
    """What a nonce already brought, or None for a fresh one."""
    used = await w.session.get(UsedNonce, id_)
    return used.outcome if used else None


def spend(w: Work, id_: str, document: Document, purpose: str, outcome: str) -> None:
    w.session.add(
        UsedNonce(
            nonce=id_,
            company_id=document.company_id,
            document_id=document.id,
            purpose=purpose,
            outcome=outcome,
            at=w.at,
        )
    )
