"""What became of a mail after the server took it: it came back, it waits, it arrived, its reader called it unwanted."""

import asyncio
import logging
from email.message import Message

from sqlalchemy import update
from sqlmodel import col

from webdoc_app.domain.errors import Invalid
from webdoc_app.integrations.mail.reports import read_report
from webdoc_app.models import Document, OutboxMail
from webdoc_app.models.columns import is_id
from webdoc_app.services.unsubscribing import stop_reminders
from webdoc_app.services.work import SYSTEM, Work, work

logger = logging.getLogger(__name__)
EVENTS = ("bounced", "delayed", "delivered", "complained")
_ON_ITS_WAY = ("queued", "sent")
COMPLAINT = "complaint"


async def note_report(message: Message, mail_id: str = "") -> bool:
    """Takes a report of non-delivery, about the mail its signed address names, else about the one it holds and only if
    it was written to the address at fault. Whether it was about a mail of ours."""
    report = await asyncio.to_thread(read_report, message)
    if report is None:
        return False
    about = mail_id or report.about.strip("<>").partition("@")[0]
    async with work() as w:
        mail = await _mail(w, about)
        if mail is None:
            return False
        if not mail_id and mail.to_email.lower() not in report.failed | report.delayed:
            return False
        await _note(w, mail, "bounced" if report.failed else "delayed", report.why)
    return True


async def note_event(message_id: str, event: str, reason: str) -> bool:
    """Takes what a provider says of a mail, by its Message-ID. Whether the mail is ours. Raises Invalid on `event`."""
    if event not in EVENTS:
        raise Invalid.one(
            "event", "Cet événement n’est pas connu : bounced, delayed, delivered ou complained."
        )
    async with work() as w:
        bare = message_id.strip().strip("<>")
        mail = await _mail(w, bare.partition("@")[0])
        if mail is None or mail.message_id != f"<{bare}>":
            return False
        await _note(w, mail, event, " ".join(reason.split())[:300])
    return True


async def _mail(w: Work, mail_id: str) -> OutboxMail | None:
    return await w.session.get(OutboxMail, mail_id) if is_id(mail_id) else None


async def _note(w: Work, mail: OutboxMail, event: str, why: str) -> None:
    """Each is noted once; what has come back stays so, and is news."""
    document = await w.session.get(Document, mail.document_id) if mail.document_id else None
    values: dict[str, object] = {"last_error": why}
    if event == "bounced":
        values |= {"state": "bounced", "last_error": why or "bounced", "leased_until": None}
    elif event == "delivered":
        values = {"delivered_at": w.at, "last_error": ""}
    elif event == "complained":
        values = {"last_error": COMPLAINT}
    noted = await w.session.execute(
        update(OutboxMail)
        .where(col(OutboxMail.id) == mail.id, col(OutboxMail.state).in_(_ON_ITS_WAY))
        .values(**values)
    )
    if not noted.rowcount:  # type: ignore[attr-defined]
        return
    if document and event == "bounced":
        w.notify("mail.bounced", document, {"name": mail.to_email, "number": document.number})
    if document and mail.link_id and event == "complained":
        await stop_reminders(w, document, mail.link_id, mail.to_email, SYSTEM)
    if mail.company_id:
        w.publish_to(f"company:{mail.company_id}", "mail", mail.document_id or "")
