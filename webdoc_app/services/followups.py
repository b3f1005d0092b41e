"""Following up: what leaves by itself, what a person sends, pauses or skips.

A reminder is one transaction: its row (unique for what it is sent once for), its mails in the outbox, its event.
The document is locked and judged anew inside it, so that two workers, or an answer at the same instant, make one.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.documents import BILLS, Kind
from webdoc_app.domain.errors import Conflict, NotFound
from webdoc_app.domain.followup_words import REASONS
from webdoc_app.domain.followups import (
    CLOSES,
    OF_CONFIRMATIONS,
    OPENS,
    Planned,
    Quiet,
    Rule,
    Scenario,
    Why,
    fitting,
    may_remind_by_hand,
    next_followup,
    occurrence_of,
    scenarios_of,
)
from webdoc_app.domain.lifecycle import State
from webdoc_app.domain.placeholders import Wording, filled
from webdoc_app.integrations.calendar import is_holiday
from webdoc_app.locales.formats import PARIS, long_date, money, paris_day
from webdoc_app.models import Company, Document, Followup, FollowupRule, OutboxMail
from webdoc_app.models.columns import new_id
from webdoc_app.reads.status import balance_of
from webdoc_app.services.documents import find_document
from webdoc_app.services.followup_facts import MANUAL, Reader, Target, targets_of
from webdoc_app.services.followup_rules import rows_of, rules_from, wording_of
from webdoc_app.services.mails import queue_followup_mail
from webdoc_app.services.work import SYSTEM, Actor, Work, insert_once, reading, runtime, work

BATCH = 200
AGAIN_AFTER = timedelta(minutes=10)
"""Two presses of one button, or of two colleagues, are one reminder."""


async def run_due_followups() -> int:
    """Sends the reminders whose time has come, in every worker, each once. Returns how many this one sent."""
    now = runtime().clock()
    if not OPENS <= now.astimezone(PARIS).time() < CLOSES:
        return 0
    sent = 0
    for company_id in await _companies():
        async for document_id in _due(company_id, now):
            sent += await _send_due(company_id, document_id)
    return sent


async def _companies() -> list[str]:
    async with reading() as session:
        query = select(FollowupRule.company_id).where(col(FollowupRule.enabled)).distinct()
        return list((await session.exec(query)).all())


async def _due(company_id: str, now: datetime) -> AsyncIterator[str]:
    """Documents with a reminder to send now, read batch by batch, each batch in a transaction of its own."""
    after = ""
    while True:
        async with reading() as session:
            company = await session.get_one(Company, company_id)
            rules = rules_from(await rows_of(session, company_id))
            documents = await _open_documents(session, company_id, rules, paris_day(now), after)
            targets = await targets_of(session, company, documents, now)
        for target in targets.values():
            planned = next_followup(target.facts, rules, now, is_holiday)
            if isinstance(planned, Planned) and planned.moment <= now:
                yield target.document.id
        if len(documents) < BATCH:
            return
        after = documents[-1].id


async def _open_documents(
    session: AsyncSession, company_id: str, rules: Mapping[Scenario, Rule], today: date, after: str
) -> list[Document]:
    """Those that a rule in force may concern; the domain judges which."""
    kinds = [k for k in Kind if any(rules[scenario].enabled for scenario in scenarios_of(k))]
    is_bill = col(Document.kind).in_([kind.value for kind in BILLS])
    due = (
        col(Document.gross_minor)
        + col(Document.rounding_minor)
        - col(Document.prepaid_minor)
        - col(Document.paid_minor)
        - col(Document.credited_minor)
    )
    living = or_(col(Document.valid_until).is_(None), col(Document.valid_until) >= today)
    query = select(Document).where(
        Document.company_id == company_id,
        col(Document.id) > after,
        col(Document.kind).in_([kind.value for kind in kinds]),
        col(Document.state).in_([State.ISSUED.value, State.SENT.value, State.ON_HOLD.value]),
        col(Document.followups_paused).is_(False),
        or_(is_bill & (due > 0), ~is_bill & (col(Document.became) == "") & living),
    )
    return list((await session.exec(query.order_by(col(Document.id)).limit(BATCH))).all())


async def _send_due(company_id: str, document_id: str) -> bool:
    async with work() as w:
        try:
            target, rows = await _claim(w, company_id, document_id)
        except NotFound:
            return False
        planned = next_followup(target.facts, rules_from(rows), w.at, is_holiday)
        if isinstance(planned, Quiet) or planned.moment > w.at:
            return False
        for scenario, occurrence in planned.late:
            await _note(w, target.document, scenario, occurrence, "skipped", SYSTEM)
        return await _send(w, target, rows, planned.scenario, planned.occurrence, SYSTEM)


@dataclass(frozen=True)
class Plan:
    """What comes next for a document, why nobody may send one now if so, and what it would say now."""

    coming: Planned | Quiet
    refused: Why | None
    words: Wording | None


async def plan_of(session: AsyncSession, document: Document, now: datetime) -> Plan:
    company = await session.get_one(Company, document.company_id)
    target = (await targets_of(session, company, [document], now))[document.id]
    rows = await rows_of(session, document.company_id)
    rules, today = rules_from(rows), paris_day(now)
    refused = may_remind_by_hand(target.facts, today)
    words = None if refused else words_of(target, rows, fitting(target.facts, today, rules), today)
    return Plan(next_followup(target.facts, rules, now, is_holiday), refused, words)


def words_of(
    target: Target, rows: Mapping[Scenario, FollowupRule], scenario: Scenario, today: date
) -> Wording:
    """The reminder as its first reader will read it, in the document's language."""
    reader = next(iter(target.readers_of(scenario)), None)
    return _words_for(reader, target, rows, scenario, today)


def _words_for(
    reader: Reader | None,
    target: Target,
    rows: Mapping[Scenario, FollowupRule],
    scenario: Scenario,
    today: date,
) -> Wording:
    language = target.document.language
    values = values_of(target, scenario, language, today)
    values["name"] = reader.link.recipient_name if reader else ""
    return filled(wording_of(rows[scenario], language), values)


async def send_now(company_id: str, document_id: str, actor: Actor) -> str:
    """One reminder, now, with the words that fit. Returns the addresses it goes to.

    Raises Conflict where there is nothing to wait for or nobody to write to, and for a second one in ten minutes.
    """
    async with work() as w:
        target, rows = await _claim(w, company_id, document_id)
        today = paris_day(w.at)
        if why := may_remind_by_hand(target.facts, today):
            raise Conflict(REASONS[why])
        last = target.facts.last_reminder_at
        if last and w.at - last < AGAIN_AFTER:
            raise Conflict("Une relance vient de partir pour ce document.")
        scenario = fitting(target.facts, today, rules_from(rows))
        await _send(w, target, rows, scenario, _manual_occurrence(target, scenario), actor)
    return _addresses(target.readers_of(scenario))


def _manual_occurrence(target: Target, scenario: Scenario) -> str:
    """The scenario's own where it was not yet used: then none leaves by itself for the same thing."""
    base = occurrence_of(target.facts, scenario)
    before = [
        row
        for row in target.followups
        if row.scenario == scenario.value and row.occurrence.partition(MANUAL)[0] == base
    ]
    return f"{base}{MANUAL}{len(before) + 1}" if before else base


async def set_paused(company_id: str, document_id: str, paused: bool, actor: Actor) -> None:
    """Stops a document's automatic reminders, or lets them go on; those of the meantime don't leave at once."""
    async with work() as w:
        document = await find_document(w.session, company_id, document_id, lock=True)
        if document.followups_paused == paused:
            return
        document.followups_paused = paused
        if not paused:
            document.updated_at = w.at
        w.session.add(document)
        w.record("reminder.paused" if paused else "reminder.continued", document, actor, {})
        w.publish(document, "followup", to_client=False)


async def skip_next(company_id: str, document_id: str, scenario: str, actor: Actor) -> None:
    """Passes over the next reminder, if it still is this one: asking twice skips one."""
    async with work() as w:
        target, rows = await _claim(w, company_id, document_id)
        planned = next_followup(target.facts, rules_from(rows), w.at, is_holiday)
        if isinstance(planned, Planned) and planned.scenario.value == scenario:
            await _note(w, target.document, planned.scenario, planned.occurrence, "skipped", actor)
            w.record("reminder.skipped", target.document, actor, {"scenario": scenario})
            w.publish(target.document, "followup", to_client=False)


async def _claim(w: Work, company_id: str, document_id: str) -> tuple[Target, dict[Scenario, FollowupRule]]:
    document = await find_document(w.session, company_id, document_id, lock=True)
    company = await w.session.get_one(Company, company_id)
    target = (await targets_of(w.session, company, [document], w.at))[document.id]
    return target, await rows_of(w.session, company_id)


async def _send(
    w: Work,
    target: Target,
    rows: Mapping[Scenario, FollowupRule],
    scenario: Scenario,
    occurrence: str,
    actor: Actor,
) -> bool:
    document, readers = target.document, target.readers_of(scenario)
    if not readers or not await _note(w, document, scenario, occurrence, "sent", actor):
        return False
    mails = [_queue_mail(w, reader, target, rows, scenario) for reader in readers]
    query = select(Followup).where(
        Followup.document_id == document.id,
        Followup.scenario == scenario.value,
        Followup.occurrence == occurrence,
    )
    row = (await w.session.exec(query)).one()
    row.mail_id = mails[0].id
    w.session.add(row)
    data = {
        "to": _addresses(readers),
        "scenario": scenario.value,
        "link_ids": [reader.link.id for reader in readers],
        "message_ids": [mail.message_id for mail in mails],
    }
    w.record("reminder.sent", document, actor, data)
    w.publish(document, "reminder")
    return True


def _queue_mail(
    w: Work, reader: Reader, target: Target, rows: Mapping[Scenario, FollowupRule], scenario: Scenario
) -> OutboxMail:
    words = _words_for(reader, target, rows, scenario, paris_day(w.at))
    return queue_followup_mail(
        w,
        target.document,
        target.company,
        reader.link,
        to=reader.to,
        words=words,
    )


def _addresses(readers: Iterable[Reader]) -> str:
    return ", ".join(reader.to for reader in readers)


async def _note(
    w: Work, document: Document, scenario: Scenario, occurrence: str, state: str, actor: Actor
) -> bool:
    """Writes the row that makes it once; whether it was the first."""
    values = {
        "id": new_id(),
        "company_id": document.company_id,
        "document_id": document.id,
        "scenario": scenario.value,
        "occurrence": occurrence,
        "state": state,
        "by_name": "" if actor is SYSTEM else actor.name,
        "at": w.at,
    }
    return await insert_once(w.session, Followup, values)


def values_of(target: Target, scenario: Scenario, language: str, today: date) -> dict[str, str]:
    """What the variables of a wording stand for; `name`, which each reader has their own, is the first one's."""
    document, facts = target.document, target.facts
    is_bill = facts.kind in BILLS
    minor = balance_of(document).due if is_bill else document.agreed_gross_minor
    day = facts.held_until if scenario is Scenario.ON_HOLD else document.valid_until
    day = day if facts.kind is Kind.QUOTE else document.issue_date
    return {
        "name": target.readers[0].link.recipient_name if target.readers else "",
        "company": target.company.name,
        "number": document.number or "",
        "amount": money(minor, document.currency, language),
        "date": long_date(day, language) if day else "",
        "due": long_date(document.due_date, language) if document.due_date else "",
        "days": str(_days(facts.due_date if is_bill else facts.valid_until, facts.sent_at, scenario, today)),
    }


_SINCE_SENDING = (
    Scenario.SENT_UNOPENED,
    Scenario.OPENED_UNANSWERED,
    Scenario.ON_HOLD,
    Scenario.UNDATED,
    *OF_CONFIRMATIONS,
)


def _days(day: date | None, sent_at: datetime | None, scenario: Scenario, today: date) -> int:
    """Days to or since what the reminder is about: the due date, the last day of validity, the sending."""
    if scenario in _SINCE_SENDING:
        day = paris_day(sent_at) if sent_at else None
    return abs((today - day).days) if day else 0
