"""A document as its merchant sees it: the sheet, where it stands, its link, its history, its chain."""

import functools
import io
import json
from dataclasses import dataclass
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.decisions import Answer
from webdoc_app.domain.documents import BILLS, Kind
from webdoc_app.domain.errors import Conflict
from webdoc_app.domain.events import EVENT_TYPES
from webdoc_app.domain.lifecycle import CONVERSIONS, Action, State, insist_convertible, is_expired, may
from webdoc_app.domain.money import amount_text
from webdoc_app.domain.placeholders import Wording
from webdoc_app.domain.sharing import LinkState
from webdoc_app.locales import translate
from webdoc_app.locales.formats import date_and_time, long_date, money, paris_day
from webdoc_app.models import Company, Customer, Document
from webdoc_app.models.columns import parse_time
from webdoc_app.reads.documents import events_of
from webdoc_app.reads.history import sentence_of
from webdoc_app.reads.sheet import KIND_LABELS, Stamp, sheet_of
from webdoc_app.reads.sheet_html import sheet_html
from webdoc_app.reads.status import LABELS, balance_of, shown_status_of
from webdoc_app.reads.when import at_moment, short_day, when
from webdoc_app.services.chain import chain_documents
from webdoc_app.services.companies import logo_of
from webdoc_app.services.content import buyer_of, raw_content, seller_of
from webdoc_app.services.decisions import latest_decision
from webdoc_app.services.documents import lines_of
from webdoc_app.services.mails import usual_letter
from webdoc_app.services.sharing import main_link, recipient_of, standing, token_of, url_of
from webdoc_app.services.work import now, today
from webdoc_app.templates import accent_css

TIMELINE_ROWS = 200
"""The history a page shows; all of it is in the programs' interface."""

ANSWERED = (State.ACCEPTED.value, State.REFUSED.value, State.ON_HOLD.value)
ANSWERS = {
    Answer.ACCEPT.value: ("Accepté", "ok"),
    Answer.REFUSE.value: ("Refusé", "no"),
    Answer.HOLD.value: ("En attente", "wait"),
}
"""Answer -> its word, a msgid, and the tone of its stamp."""


LINK_NOTES = {
    LinkState.ACTIVE: "Pour %(name)s",
    LinkState.DISABLED: "Ce lien est désactivé : il ne s’ouvre plus.",
    LinkState.EXPIRED: "Ce lien a expiré : il ne s’ouvre plus.",
    LinkState.REVOKED: "Ce lien est révoqué : il ne s’ouvrira plus.",
}


@dataclass(frozen=True)
class Head:
    """Where the document stands and what can be done with it. All texts are in the member's language."""

    id: str = ""
    kind: str = ""
    kind_label: str = ""
    name: str = ""
    number: str = ""
    title: str = ""
    customer_id: str = ""
    customer: str = ""
    customer_email: str = ""
    status: str = ""
    status_label: str = ""
    amount: str = ""
    amount_label: str = ""
    facts: str = ""
    is_draft: bool = False
    may_issue: bool = False
    may_send: bool = False
    may_change: bool = False
    may_revise: bool = False
    may_pay: bool = False
    may_record: bool = False
    may_hold: bool = False
    may_reopen: bool = False
    converts_to: tuple[str, ...] = ()
    next_step: str = ""  # "issue", "send", "convert": what the one primary button does
    due_text: str = ""
    duplicate_of: str = ""
    usual_subject: str = ""
    usual_message: str = ""
    attach_pdf: bool = False


@dataclass(frozen=True)
class LinkView:
    """The main recipient's link and what was seen through it."""

    url: str = ""
    state: str = ""
    is_active: bool = False
    qr: str = ""
    views: str = ""
    last_viewed: str = ""
    note: str = ""


@dataclass(frozen=True)
class AnswerView:
    """The answer the document has now; `name` is empty where it has none."""

    status: str = ""
    word: str = ""
    name: str = ""
    at: str = ""
    until: str = ""
    reason: str = ""
    quality: str = ""
    recorded_by: str = ""
    options: tuple[str, ...] = ()
    has_signature: bool = False


@dataclass(frozen=True)
class OptionRow:
    """An optional line of a quote."""

    id: str
    name: str


@dataclass(frozen=True)
class TimelineRow:
    sentence: str
    at: str
    who: str
    type: str


@dataclass(frozen=True)
class ChainRow:
    """One document of the sale. `is_here` is the one being looked at."""

    id: str
    kind_label: str
    number: str
    status: str
    status_label: str
    amount: str
    is_here: bool


async def head_of(
    session: AsyncSession, document: Document, language: str, usual: Wording | None = None
) -> Head:
    """`usual`: the letter that goes with it, where it was read before."""
    company = await session.get_one(Company, document.company_id)
    customer = await session.get_one(Customer, document.customer_id)
    kind, state = Kind(document.kind), State(document.state)
    status = shown_status_of(document, today())
    label = translate(KIND_LABELS[kind], language)
    frozen = json.loads(document.customer) if document.customer else {}
    due = balance_of(document).due
    amount = due if kind in BILLS and state is not State.DRAFT else document.agreed_gross_minor
    converts_to = tuple(_conversions(document))
    if usual is None:
        is_draft = state is State.DRAFT
        usual = Wording("", "") if is_draft else await usual_letter(session, document, company)
    return Head(
        id=document.id,
        kind=kind.value,
        kind_label=label,
        name=f"{label} {document.number}" if document.number else label,
        number=document.number or "",
        title=document.title,
        customer_id=customer.id,
        customer=frozen.get("name") or customer.name,
        customer_email=customer.email,
        status=status,
        status_label=translate(LABELS[status], language),
        amount=money(amount, document.currency, language),
        amount_label=translate("Reste à payer" if kind in BILLS else "Total TTC", language),
        # Lines break between facts, not inside them.
        facts=" · ".join(fact.replace(" ", "\N{NO-BREAK SPACE}") for fact in _facts(document, language)),
        is_draft=state is State.DRAFT,
        may_issue=may(Action.ISSUE, kind, state),
        may_send=may(Action.SEND, kind, state),
        may_change=may(Action.CHANGE, kind, state),
        may_revise=may(Action.REVISE, kind, state),
        may_pay=kind in BILLS and state is not State.DRAFT,
        may_record=may(Action.ACCEPT, kind, state) and not (kind is Kind.QUOTE and document.became),
        may_hold=may(Action.HOLD, kind, state),
        may_reopen=may(Action.REOPEN, kind, state) and not document.became,
        converts_to=converts_to,
        next_step=_next_step(status, converts_to),
        due_text=amount_text(max(due, 0), document.currency).replace(".", "," if language == "fr" else "."),
        duplicate_of=document.duplicate_of or "",
        usual_subject=usual.subject,
        usual_message=usual.body,
        attach_pdf=company.attach_pdf,
    )


def _next_step(status: str, converts_to: tuple[str, ...]) -> str:
    if status == "draft":
        return "issue"
    if status in ("accepted", "ordered", "delivered") and converts_to:
        return "convert"
    waits = ("issued", "sent", "viewed", "on_hold", "partially_paid", "overdue")
    return "send" if status in waits else ""


def _facts(document: Document, language: str) -> list[str]:
    days = (
        ("émis le %(day)s", document.issue_date),
        ("valable jusqu’au %(day)s", document.valid_until if document.kind == Kind.QUOTE else None),
        ("échéance le %(day)s", document.due_date if document.kind in BILLS else None),
    )
    moments = (("envoyé %(when)s", document.sent_at), ("ouvert %(when)s", document.opened_at))
    facts = [
        translate(text, language, {"day": short_day(day, today(), language)}) for text, day in days if day
    ]
    for text, moment in moments:
        if moment:
            facts.append(translate(text, language, {"when": at_moment(moment, now(), language)}))
    if document.version > 1:
        facts.append(translate("version %(version)s", language, {"version": document.version}))
    return facts


def _conversions(document: Document) -> list[str]:
    """The kinds this document may become now; how much remains is judged when it is asked."""
    kind, state = Kind(document.kind), State(document.state)
    expired = is_expired(kind, state, document.valid_until, today())
    found = []
    for to in Kind:
        if to is Kind.DEPOSIT and document.deposit_percent is None:
            continue
        if to not in CONVERSIONS[kind]:
            continue
        try:
            insist_convertible(kind, state, to, expired=expired)
        except Conflict:
            continue
        found.append(to.value)
    return found


async def present_content(session: AsyncSession, document: Document) -> dict[str, Any]:
    """The content as its rows say it now; a draft shows the seller and the customer as they are today."""
    content = await raw_content(session, document.id)
    if document.state == State.DRAFT.value:
        company = await session.get_one(Company, document.company_id)
        customer = await session.get_one(Customer, document.customer_id)
        content["seller"] = json.loads(seller_of(company))
        content["customer"] = json.loads(buyer_of(customer))
    return content


async def sheet_markup(session: AsyncSession, document: Document) -> str:
    """The sheet as HTML with the seller's colour, stamps on it, in the document's language."""
    content = await present_content(session, document)
    company = await session.get_one(Company, document.company_id)
    sheet = sheet_of(
        content,
        language=document.language,
        logo=await logo_of(session, company),
        paid_minor=document.paid_minor,
        credited_minor=document.credited_minor,
        chosen=json.loads(document.options) if document.state in ANSWERED else None,
    )
    accent = str(accent_css(sheet.accent)).replace(":root", ".paper")
    markup = sheet_html(sheet, await _stamps(session, document), citable=True)
    return f"<style>{accent}</style>{markup}"


async def _stamps(session: AsyncSession, document: Document) -> list[Stamp]:
    status, language = shown_status_of(document, today()), document.language
    if status == "paid":
        return [Stamp(translate("Payé", language), "")]
    if document.state not in ANSWERED:
        return []
    row = await latest_decision(session, document.id)
    if row is None:
        return []
    word, tone = ANSWERS[row.decision]
    words = {"day": long_date(paris_day(row.at), language), "name": row.name}
    return [Stamp(translate(word, language), translate("le %(day)s par %(name)s", language, words), tone)]


async def answer_of(session: AsyncSession, document: Document, language: str) -> AnswerView:
    """Who answered what and when, with the reason and the day they gave."""
    row = await latest_decision(session, document.id) if document.state in ANSWERED else None
    if row is None:
        return AnswerView()
    until = {"date": long_date(row.until, language)} if row.until else None
    return AnswerView(
        status=document.state,
        word=translate(ANSWERS[row.decision][0], language),
        name=row.name,
        at=at_moment(row.at, now(), language),
        until=translate("à revoir le %(date)s", language, until) if until else "",
        reason=row.reason,
        quality=row.quality,
        recorded_by=row.recorded_by,
        options=await _chosen(session, document),
        has_signature=row.signature is not None,
    )


async def _chosen(session: AsyncSession, document: Document) -> tuple[str, ...]:
    """The first line of each option that was accepted."""
    chosen = json.loads(document.options)
    lines = await lines_of(session, document.id) if chosen else []
    return tuple(line.description.partition("\n")[0] for line in lines if line.id in chosen)


async def options_of(session: AsyncSession, document: Document) -> list[OptionRow]:
    """What a client may still choose."""
    if not may(Action.ACCEPT, Kind(document.kind), State(document.state)):
        return []
    lines = await lines_of(session, document.id)
    return [OptionRow(line.id, line.description.partition("\n")[0]) for line in lines if line.is_optional]


async def link_of(session: AsyncSession, document: Document, language: str) -> LinkView:
    """Empty for drafts, which have no page."""
    link = await main_link(session, document.id) if document.state != State.DRAFT.value else None
    if link is None:
        return LinkView()
    url = url_of(token_of(link))
    last_at = document.last_visit_at
    state = standing(link, now())
    active = state is LinkState.ACTIVE
    return LinkView(
        url=url,
        state=state.value,
        is_active=active,
        qr=qr_svg(url) if active else "",
        views=str(document.visits),
        last_viewed=date_and_time(last_at, language) if last_at else translate("jamais", language),
        note=translate(LINK_NOTES[state], language, {"name": recipient_of(link)}),
    )


@functools.lru_cache(1_000)
def qr_svg(url: str) -> str:
    """The address as a QR code, in the colour of the text around it. Drawing takes longer than all else on the page."""
    import segno

    out = io.BytesIO()
    segno.make(url, error="m").save(
        out, kind="svg", scale=4, border=2, dark="#000", light="#fff", xmldecl=False, svgns=False
    )
    return out.getvalue().decode()


async def timeline_of(session: AsyncSession, document: Document, language: str) -> list[TimelineRow]:
    """The document's history, newest first."""
    return [
        TimelineRow(
            sentence=sentence_of(event["type"], event["data"], document.currency, language),
            at=when(parse_time(event["at"]), now(), language),
            who=event["actor_name"] if "%(name)s" not in EVENT_TYPES[event["type"]].sentence else "",
            type=event["type"],
        )
        for event in reversed(await events_of(session, document, newest=TIMELINE_ROWS))
    ]


async def chain_of(session: AsyncSession, document: Document, language: str) -> list[ChainRow]:
    """All documents of the sale, oldest first."""
    rows = []
    for other in await chain_documents(session, document.company_id, document.chain_id):
        status = shown_status_of(other, today())
        rows.append(
            ChainRow(
                id=other.id,
                kind_label=translate(KIND_LABELS[Kind(other.kind)], language),
                number=other.number or translate("Brouillon", language),
                status=status,
                status_label=translate(LABELS[status], language),
                amount=money(other.agreed_gross_minor, other.currency, language),
                is_here=other.id == document.id,
            )
        )
    return rows
