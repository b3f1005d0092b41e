"""The conversation of a document as its merchant reads it, notes included."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.plain_links import Piece, pieces_of
from webdoc_app.locales import translate
from webdoc_app.locales.formats import clock_time
from webdoc_app.models import Document, Message
from webdoc_app.reads.file_links import FileLink, links_by_message
from webdoc_app.reads.sheet_html import href_of
from webdoc_app.reads.talk_entries import Entry, entries_of
from webdoc_app.reads.when import at_moment, day_heading
from webdoc_app.services.conversation import messages_of
from webdoc_app.services.files import files_of
from webdoc_app.services.line_quotes import line_numbers
from webdoc_app.services.reading_marks import read_at
from webdoc_app.services.sharing import links_of
from webdoc_app.services.work import now

MESSAGES_A_PAGE = 30


@dataclass(frozen=True)
class MessageRow:
    """A message, or something that happened; `day` is set on the first one of a day and stands above it.

    `through` names whose link a client wrote through, where it gave another name; `seen` says when the newest
    message of the merchant's was read; `pieces` joined are the plain text. `quote` is the line it is about,
    `quote_href` where that stands in the page, if it still does.
    """

    id: str
    author: str
    side: str  # "merchant", "client", "internal", "entry"
    pieces: tuple[Piece, ...]
    at: str
    day: str
    through: str = ""
    seen: str = ""
    files: tuple[FileLink, ...] = ()
    quote: str = ""
    quote_href: str = ""


@dataclass(frozen=True)
class Talk:
    """The newest messages and whether there are older ones; `newest_of_theirs` is the client's last one's id.

    `files` are those beside the document, shown to the client or not.
    """

    messages: list[MessageRow]
    has_older: bool
    newest_of_theirs: str = ""
    files: tuple[FileLink, ...] = ()


async def talk_of(session: AsyncSession, document: Document, language: str, pages: int = 1) -> Talk:
    """The newest `pages` pages of the conversation, notes included, oldest of them first."""
    limit = MESSAGES_A_PAGE * pages
    found = await messages_of(session, document, internal=True, limit=limit + 1)
    has_older, found = len(found) > limit, found[-limit:]
    entries = await entries_of(session, document, language, found[0].at if has_older else None)
    recipients = {link.id: link.recipient_name for link in await links_of(session, document.id)}
    files = await files_of(session, document.id, [message.id for message in found], hidden=True)
    links = links_by_message(files, "/app/files/", language)
    sent = [message for message in found if message.author == "merchant" and not message.internal]
    seen = await read_at(session, document.id, "client", sent[-1].at) if sent else None
    words = (
        {sent[-1].id: translate("Lu %(when)s", language, {"when": at_moment(seen, now(), language)})}
        if seen
        else {}
    )
    numbers = await line_numbers(session, document, found)
    rows = [
        (
            m.at,
            _message(
                m,
                recipients,
                language,
                seen=words.get(m.id, ""),
                files=links[m.id],
                quote=m.line_quote,
                quote_href=href_of(numbers, m),
            ),
        )
        for m in found
    ]
    rows += [(entry.at, _entry(entry, language)) for entry in entries]
    rows.sort(key=lambda row: row[0])
    theirs = [message.id for message in found if message.author == "client"]
    return Talk(_with_days(rows, language), has_older, theirs[-1] if theirs else "", links[None])


def _message(message: Message, recipients: Mapping[str, str], language: str, **more: Any) -> MessageRow:
    recipient = recipients.get(message.link_id or "", "")
    return MessageRow(
        id=message.id,
        author=message.author_name or translate("Client", language),
        side="internal" if message.internal else message.author,
        pieces=pieces_of(message.body),
        at=clock_time(message.at, language),
        day="",
        through=recipient if recipient != message.author_name else "",
        **more,
    )


def _entry(entry: Entry, language: str) -> MessageRow:
    return MessageRow(entry.id, "", "entry", (Piece(entry.sentence),), clock_time(entry.at, language), "")


def _with_days(rows: Sequence[tuple[datetime, MessageRow]], language: str) -> list[MessageRow]:
    """Each day named at its first row only."""
    days = [day_heading(at, now(), language) for at, _ in rows]
    return [
        replace(row, day="" if day == before else day)
        for (_, row), day, before in zip(rows, days, ["", *days], strict=False)
    ]
