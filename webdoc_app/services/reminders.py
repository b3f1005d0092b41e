"""What is done on a later day: a document on hold comes back to both sides. Each task runs once, on one worker."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import update
from sqlmodel import col, select

from webdoc_app.domain.lifecycle import State
from webdoc_app.domain.sharing import LinkState
from webdoc_app.models import Company, DecisionRow, Document, ScheduledTask, ShareLink
from webdoc_app.services.documents import find_document
from webdoc_app.services.mails import To, queue_return_mail
from webdoc_app.services.sharing import main_link, standing, token_of, url_of
from webdoc_app.services.unsubscribing import stopped_among
from webdoc_app.services.work import SYSTEM, Work, reading, runtime, work

RETURN = "return_from_hold"
PARIS = ZoneInfo("Europe/Paris")
HOURS = (time(8), time(17))
"""When a day's reminders go out; the later hour serves what was put off to the very same day."""


async def plan_return(w: Work, document: Document, decision: DecisionRow) -> None:
    """Any answer ends the earlier hold's reminder; a hold until a day plans its own."""
    await drop_returns(w, document)
    moment = _moment_of(decision.until, w.at) if decision.until else None
    if moment:
        w.session.add(
            ScheduledTask(
                company_id=document.company_id,
                document_id=document.id,
                kind=RETURN,
                subject_id=decision.id,
                due_at=moment,
            )
        )


async def drop_returns(w: Work, document: Document) -> None:
    await w.session.execute(
        update(ScheduledTask)
        .where(
            col(ScheduledTask.document_id) == document.id,
            col(ScheduledTask.kind) == RETURN,
            col(ScheduledTask.state) == "waiting",
        )
        .values(state="dropped", done_at=w.at)
    )


def _moment_of(day: date, now: datetime) -> datetime | None:
    """The first of the day's hours (Europe/Paris) still ahead, in UTC."""
    hours = (datetime.combine(day, hour, PARIS).astimezone(UTC) for hour in HOURS)
    return next((moment for moment in hours if moment > now), None)


async def run_due_tasks(limit: int = 20) -> int:
    """Does what is due. A task and the row that says it is done are one transaction: at most once, never half."""
    done = 0
    for task_id in await _due(limit):
        async with work() as w:
            claimed = await w.session.execute(
                update(ScheduledTask)
                .where(col(ScheduledTask.id) == task_id, col(ScheduledTask.state) == "waiting")
                .values(state="done", done_at=w.at)
            )
            if claimed.rowcount:  # type: ignore[attr-defined]
                await _return_from_hold(w, await w.session.get_one(ScheduledTask, task_id))
                done += 1
    return done


async def _due(limit: int) -> list[str]:
    async with reading() as session:
        query = select(ScheduledTask.id).where(
            ScheduledTask.state == "waiting", col(ScheduledTask.due_at) <= runtime().clock()
        )
        return list((await session.exec(query.order_by(col(ScheduledTask.due_at)).limit(limit))).all())


async def _return_from_hold(w: Work, task: ScheduledTask) -> None:
    document = await find_document(w.session, task.company_id, task.document_id, lock=True)
    decision = await w.session.get(DecisionRow, task.subject_id)
    if document.state != State.ON_HOLD.value or decision is None:
        return
    company = await w.session.get_one(Company, document.company_id)
    told = []
    # Whoever put it on hold is whom it comes back to.
    link = await w.session.get(ShareLink, decision.link_id) if decision.link_id else None
    link = link or await main_link(w.session, document.id)
    stopped = await stopped_among(w.session, company.id, [link.recipient_email] if link else [])
    if link and link.recipient_email and not stopped and standing(link, w.at) is LinkState.ACTIVE:
        url = url_of(token_of(link, document.id))
        told.append(To(link.recipient_name, link.recipient_email, url, link))
    if company.email:
        url = f"{runtime().origin}/app/documents/{document.id}"
        told.append(To(company.name, company.email, url))
    for to in told:
        await queue_return_mail(w, document, company, decision, to)
    w.notify("hold.returned", document, {"number": document.number, "name": decision.name})
    w.record(
        "reminder.sent",
        document,
        SYSTEM,
        {"to": ", ".join(to.email for to in told), "decision_id": decision.id},
    )
    w.publish(document, "reminder")
