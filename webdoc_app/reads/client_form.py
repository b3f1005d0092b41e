"""What the form of an answer needs: its wordings, the terms, the options with their sums, the one-time code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.decisions import Answer
from webdoc_app.domain.documents import Kind
from webdoc_app.locales import translate
from webdoc_app.locales.formats import percent
from webdoc_app.models import Document
from webdoc_app.reads.client_asks import can_answer
from webdoc_app.reads.sheet_options import content_with, option_ids
from webdoc_app.services.codes import PURPOSE as CODE
from webdoc_app.services.codes import code_is_out, code_needed, masked
from webdoc_app.services.decisions import PURPOSE as DECISION
from webdoc_app.services.nonces import new_nonce
from webdoc_app.services.sharing import Access
from webdoc_app.services.wording import binds_to_pay, terms_of, wording_of


@dataclass(frozen=True)
class Code:
    """The one-time code of an acceptance: `to` is where it goes, masked; empty where no address is known.

    `possible`: needed as it stands, or once more options are ticked.
    """

    needed: bool = False
    possible: bool = False
    to: str = ""
    is_sent: bool = False
    nonce: str = ""


@dataclass(frozen=True)
class AnswerForm:
    """`wordings` are by answer; empty, as `options`, where nothing is asked.

    `gross`, minor units, is what would be or was accepted: the document with the options `ticked`, or as agreed.
    """

    is_open: bool
    can_hold: bool
    nonce: str
    wordings: Mapping[str, str]
    terms: str
    binds_to_pay: bool
    deposit_note: str
    options: tuple[str, ...]
    ticked: tuple[str, ...]
    gross: int
    code: Code


async def answer_form(
    session: AsyncSession, access: Access, content: Mapping[str, Any], ticked: Sequence[str], language: str
) -> AnswerForm:
    document = access.document
    asks = can_answer(document)
    options = tuple(option_ids(content)) if asks else ()
    ticked = tuple(option for option in options if option in ticked)
    gross = content_with(content, ticked)["gross_minor"] if asks else document.agreed_gross_minor
    return AnswerForm(
        is_open=asks,
        can_hold=asks and document.kind == Kind.QUOTE,
        nonce=new_nonce(document.id, DECISION),
        wordings=_wordings(document, language) if asks else {},
        terms=terms_of(document),
        binds_to_pay=binds_to_pay(document),
        deposit_note=_deposit_note(access, language) if asks else "",
        options=options,
        ticked=ticked,
        gross=gross,
        code=await _code(session, access, content, gross) if asks else Code(),
    )


def _deposit_note(access: Access, language: str) -> str:
    """What accepting a quote brings with it, said before it is accepted."""
    rate = access.document.deposit_percent
    if access.document.kind != Kind.QUOTE or rate is None or not access.company.deposit_on_acceptance:
        return ""
    words = {"percent": percent(rate, language)}
    return translate("Une facture d’acompte de %(percent)s suit votre acceptation.", language, words)


def _wordings(document: Document, language: str) -> dict[str, str]:
    """The exact words each answer is given with, as its proof will keep them."""
    answers = (Answer.ACCEPT, Answer.REFUSE, *([Answer.HOLD] if document.kind == Kind.QUOTE else []))
    return {answer.value: wording_of(answer, document, language) for answer in answers}


async def _code(session: AsyncSession, access: Access, content: Mapping[str, Any], gross: int) -> Code:
    most = max(gross, content_with(content, option_ids(content))["gross_minor"])
    if not code_needed(access.company, access.document, most):
        return Code()
    email = access.link.recipient_email
    return Code(
        needed=code_needed(access.company, access.document, gross),
        possible=True,
        to=masked(email) if email else "",
        is_sent=await code_is_out(session, access),
        nonce=new_nonce(access.document.id, CODE),
    )
