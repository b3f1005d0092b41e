"""What a client sees through a link: an explicit list of texts, in the page's language. Nothing internal is here."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from markupsafe import Markup
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.decisions import Answer
from webdoc_app.domain.documents import ANSWERABLE, BILLS, Kind
from webdoc_app.domain.errors import Conflict
from webdoc_app.domain.lifecycle import Action, State, is_expired, may
from webdoc_app.locales import known_language, translate
from webdoc_app.locales.formats import date_and_time, long_date, money, paris_day, percent
from webdoc_app.models import Company, DecisionRow, Document
from webdoc_app.reads.client_payments import PayPanel, pay_panel
from webdoc_app.reads.client_talk import ClientMessage, client_talk
from webdoc_app.reads.deal import Deal, deal_of
from webdoc_app.reads.file_links import FileLink
from webdoc_app.reads.sheet import KIND_LABELS, TotalRow, sheet_of
from webdoc_app.reads.sheet_html import sheet_html
from webdoc_app.reads.sheet_options import content_with, option_ids
from webdoc_app.reads.sheet_types import Sheet, Stamp
from webdoc_app.reads.status import LABELS, balance_of, shown_status_of
from webdoc_app.services import conversation
from webdoc_app.services.certificates import has_answer
from webdoc_app.services.codes import PURPOSE as CODE
from webdoc_app.services.codes import code_is_out, code_needed, masked
from webdoc_app.services.decisions import PURPOSE as DECISION
from webdoc_app.services.decisions import latest_decision
from webdoc_app.services.documents import find_document
from webdoc_app.services.issuing import frozen_version
from webdoc_app.services.nonces import new_nonce
from webdoc_app.services.pdfs import logo_for
from webdoc_app.services.sharing import Access, main_link, open_with_token
from webdoc_app.services.wording import binds_to_pay, terms_of, wording_of
from webdoc_app.services.work import today


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
class ClientPage:
    """All of the page. Amounts and dates are texts in `language`."""

    language: str
    token: str
    document_id: str
    chain_id: str
    kind: str
    kind_label: str
    number: str
    version: int
    company_name: str
    company_initials: str
    status: str
    status_label: str
    ask: str
    detail: str
    total: str
    can_answer: bool
    can_hold: bool
    is_bill: bool
    decision_word: str
    decision_detail: str
    stamps: tuple[Stamp, ...]
    messages: tuple[ClientMessage, ...]
    has_older: bool
    newest_of_theirs: str
    files: tuple[FileLink, ...]
    deal: Deal
    decision_nonce: str
    message_nonce: str
    recipient: str
    sheet: Sheet
    title: str
    wordings: Mapping[str, str]
    terms: str
    binds_to_pay: bool
    options: tuple[str, ...]
    ticked: tuple[str, ...]
    totals: tuple[TotalRow, ...]
    net: TotalRow
    code: Code
    has_certificate: bool
    confirmation: str
    tells_sender: bool
    pay: PayPanel
    deposit_note: str

    @property
    def sheet_markup(self) -> Markup:
        return self.sheet_with(citable=True)

    def sheet_with(self, *, citable: bool) -> Markup:
        return sheet_html(self.sheet, self.stamps, self.ticked, citable=citable)


async def client_page(
    session: AsyncSession, token: str, language: str = "", pages: int = 1, ticked: Sequence[str] = ()
) -> ClientPage:
    """The page a token opens, with the newest `pages` pages of messages. Raises NotFound, LinkGone.

    `ticked` are the options a client has ticked and not yet accepted: `total`, `totals` and `net` follow them.
    """
    return await page_of(session, await open_with_token(session, token), language, pages, ticked)


async def preview_page(session: AsyncSession, company_id: str, document_id: str) -> tuple[ClientPage, Access]:
    """The page as the client sees it, for the merchant: no link and no form of it leads anywhere.

    Raises NotFound, Conflict for a draft.
    """
    document = await find_document(session, company_id, document_id)
    link = await main_link(session, document.id)
    if link is None or document.state == State.DRAFT:
        raise Conflict("Ce document est encore un brouillon : votre client ne le voit pas.")
    access = Access(link, document, await session.get_one(Company, company_id), "")
    page = await page_of(session, access)
    steps = tuple(replace(step, path="") for step in page.deal.steps)
    harmless = {
        "deal": replace(page.deal, steps=steps),
        "code": replace(page.code, nonce=""),
        "pay": replace(page.pay, deposit_path="", nonce="", transfer=replace(page.pay.transfer, qr="")),
    }
    return replace(page, decision_nonce="", message_nonce="", **harmless), access  # type: ignore[arg-type]


async def page_of(
    session: AsyncSession, access: Access, language: str = "", pages: int = 1, ticked: Sequence[str] = ()
) -> ClientPage:
    """The page of a document that was opened."""
    document = access.document
    language = known_language(language or document.language)
    content = json.loads((await frozen_version(session, document)).content)
    asks = can_answer(document)
    offered = option_ids(content) if asks else []
    ticked = tuple(option for option in offered if option in ticked)
    sheet = sheet_of(
        content,
        language=language,
        logo=await logo_for(session, document),
        paid_minor=document.paid_minor,
        credited_minor=document.credited_minor,
        chosen=None if asks else json.loads(document.options),
        choosable=asks,
    )
    counted = sheet_of(content, language=language, logo=None, chosen=ticked) if ticked else sheet
    gross = content_with(content, ticked)["gross_minor"] if asks else document.agreed_gross_minor
    decision = await _standing_decision(session, document)
    talk = await client_talk(session, access, language, pages)
    status = shown_status_of(document, today())
    asked = _asked(document, gross, language)
    return ClientPage(
        language=language,
        token=access.token,
        document_id=document.id,
        chain_id=document.chain_id,
        kind=document.kind,
        kind_label=translate(KIND_LABELS[Kind(document.kind)], language),
        number=document.number or "",
        version=document.version,
        company_name=access.company.name,
        company_initials=_initials(access.company.name),
        status=status,
        status_label=translate(LABELS[status], language),
        ask=asked[0],
        detail=asked[1],
        total=money(gross, document.currency, language),
        can_answer=asks,
        can_hold=asks and document.kind == Kind.QUOTE,
        is_bill=document.kind in BILLS,
        decision_word=_decision_word(decision, language),
        decision_detail=_decision_detail(decision, language),
        stamps=_stamps(document, decision, status, language),
        messages=talk.messages,
        has_older=talk.has_older,
        newest_of_theirs=talk.newest_of_theirs,
        files=talk.files,
        deal=await deal_of(session, access, language),
        decision_nonce=new_nonce(document.id, DECISION),
        message_nonce=new_nonce(document.id, conversation.PURPOSE),
        recipient=access.link.recipient_name,
        sheet=sheet,
        title=translate("Document sécurisé", language),
        wordings=_wordings(document, language) if asks else {},
        terms=terms_of(document),
        binds_to_pay=binds_to_pay(document),
        options=tuple(offered),
        ticked=ticked,
        totals=counted.totals if offered else (),
        net=counted.net,
        code=await _code(session, access, content, gross) if asks else Code(),
        has_certificate=await has_answer(session, document),
        confirmation=_confirmation(access, decision, language),
        tells_sender=access.company.tracking,
        pay=await pay_panel(session, access, language),
        deposit_note=_deposit_note(access, language) if asks else "",
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


def _confirmation(access: Access, decision: DecisionRow | None, language: str) -> str:
    """Where the confirmation of an answer goes."""
    if decision is None or not access.link.recipient_email:
        return ""
    words = {"to": masked(access.link.recipient_email)}
    return translate("Un courriel de confirmation part à %(to)s.", language, words)


def can_answer(document: Document) -> bool:
    """Whether the client is asked: undecided, in its validity, and nothing has followed a quote yet."""
    kind, state = Kind(document.kind), State(document.state)
    return (
        kind in ANSWERABLE
        and may(Action.ACCEPT, kind, state)
        and not is_expired(kind, state, document.valid_until, today())
        and not (kind is Kind.QUOTE and document.became)
    )


def _asked(document: Document, gross: int, language: str) -> tuple[str, str]:
    """What is asked, in one sentence, and the facts below it. `gross` counts the options ticked or accepted."""
    kind = Kind(document.kind)
    amount = money(gross, document.currency, language)
    due = balance_of(document).due
    issued = long_date(document.issue_date, language) if document.issue_date else ""
    facts = [translate("Émis le %(date)s", language, {"date": issued})] if issued else []
    if document.version > 1:
        facts.append(translate("Version %(number)s", language, {"number": document.version}))
    if kind is Kind.QUOTE and document.valid_until:
        until = long_date(document.valid_until, language)
        word = "Valable jusqu’au %(date)s" if document.valid_until >= today() else "Expiré depuis le %(date)s"
        facts.append(translate(word, language, {"date": until}))
        if shown_status_of(document, today()) == "expired":
            facts.append(translate("Écrivez-nous pour le remettre à jour", language))
    if kind in BILLS and document.due_date and due > 0:
        facts.append(
            translate(
                "À régler avant le %(date)s", language, {"date": long_date(document.due_date, language)}
            )
        )
    return translate(
        _sentence(document, due),
        language,
        {
            "amount": amount,
            "due": money(due, document.currency, language),
            "number": document.number or "",
        },
    ), " · ".join(facts)


def _sentence(document: Document, due: int) -> str:
    kind = Kind(document.kind)
    if can_answer(document):
        return {
            Kind.QUOTE: "Acceptez-vous ce devis de %(amount)s ?",
            Kind.ORDER: "Confirmez-vous cette commande de %(amount)s ?",
            Kind.DELIVERY: "Avez-vous bien reçu cette livraison ?",
        }[kind]
    if kind in BILLS:
        return "Reste à payer : %(due)s" if due > 0 else "Cette facture est réglée."
    if document.state in _ANSWERED and kind in ANSWERABLE:
        return _ANSWERED[State(document.state)][kind]
    if kind is Kind.QUOTE and shown_status_of(document, today()) == "expired":
        return "Ce devis de %(amount)s a expiré"
    return {
        Kind.QUOTE: "Votre devis de %(amount)s",
        Kind.ORDER: "Votre commande de %(amount)s",
        Kind.DELIVERY: "Votre livraison",
        Kind.CREDIT: "Votre avoir de %(amount)s",
    }[kind]


_ANSWERED = {
    State.ACCEPTED: {
        Kind.QUOTE: "Vous avez accepté ce devis de %(amount)s",
        Kind.ORDER: "Vous avez confirmé cette commande de %(amount)s",
        Kind.DELIVERY: "Vous avez confirmé cette livraison",
    },
    State.REFUSED: {
        Kind.QUOTE: "Vous avez refusé ce devis de %(amount)s",
        Kind.ORDER: "Vous avez refusé cette commande de %(amount)s",
        Kind.DELIVERY: "Vous avez refusé cette livraison",
    },
}


async def _standing_decision(session: AsyncSession, document: Document) -> DecisionRow | None:
    if document.state not in (State.ACCEPTED, State.REFUSED, State.ON_HOLD):
        return None
    return await latest_decision(session, document.id)


_DECIDED = {"accept": "Accepté", "refuse": "Refusé", "hold": "En attente"}


def _decision_word(decision: DecisionRow | None, language: str) -> str:
    return translate(_DECIDED[decision.decision], language) if decision else ""


def _decision_detail(decision: DecisionRow | None, language: str) -> str:
    """« par Jeanne Morel, le 24 novembre 2026 à 10:12 », and until when a quote is held."""
    if decision is None:
        return ""
    text = translate(
        "par %(name)s, le %(moment)s",
        language,
        {
            "name": decision.name,
            "moment": date_and_time(decision.at, language),
        },
    )
    if decision.until:
        day = long_date(decision.until, language)
        text += " · " + translate("à revoir le %(date)s", language, {"date": day})
    if decision.recorded_by:
        text += " · " + translate("saisi par l’émetteur", language)
    return text


def _stamps(
    document: Document, decision: DecisionRow | None, status: str, language: str
) -> tuple[Stamp, ...]:
    stamps = []
    if decision and decision.decision != "hold":
        detail = translate(
            "le %(date)s par %(name)s",
            language,
            {
                "date": long_date(paris_day(decision.at), language),
                "name": decision.name,
            },
        )
        tone = "ok" if decision.decision == "accept" else "no"
        stamps.append(Stamp(translate(_DECIDED[decision.decision], language), detail, tone))
    if document.kind in BILLS and status == "paid":
        stamps.append(Stamp(translate("Payé", language), ""))
    return tuple(stamps)


def _initials(name: str) -> str:
    words = [word for word in name.split() if word[:1].isalnum()]
    return "".join(word[0] for word in words[:2]).upper() or "·"


def plain(rows: tuple[Any, ...]) -> list[dict[str, Any]]:
    """Frozen rows as the dictionaries a page's state holds."""
    return [asdict(row) for row in rows]
