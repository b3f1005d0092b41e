"""The conversation as a client reads it through a link: messages of both sides, what happened, never a note."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.plain_links import Piece, pieces_of
from webdoc_app.locales import translate
from webdoc_app.locales.formats import clock_time, long_date, paris_day
from webdoc_app.models import Message
from webdoc_app.reads.file_links import FileLink, links_by_message
from webdoc_app.reads.sheet_html import href_of
from webdoc_app.reads.talk_entries import Entry, entries_of
from webdoc_app.reads.when import at_moment
from webdoc_app.services.conversation import messages_of
from webdoc_app.services.files import files_of
from webdoc_app.services.line_quotes import line_numbers
from webdoc_app.services.reading_marks import read_at
from webdoc_app.services.sharing import Access, links_of
from webdoc_app.services.work import now

MESSAGES_A_PAGE = 30


@dataclass(frozen=True)
class ClientMessage:
    """A message, or with `is_entry` something that happened. All texts are in the page's language.

    `quote` is the line it is about, `quote_href` where that stands in the page, if it still does.
    `mine` is what was written through this very link; `seen` says when the newest of those was read; `pieces`
    joined are the plain text.
    """

    id: str
    mine: bool
    author: str
    pieces: tuple[Piece, ...]
    day: str
    time: str
    seen: str = ""
    is_entry: bool = False
    files: tuple[FileLink, ...] = ()
    quote: str = ""
    quote_href: str = ""


@dataclass(frozen=True)
class ClientTalk:
    """`newest_of_theirs` is the id of the last message of the merchant's, empty without one.

    `files` are those the merchant shows beside the document.
    """

    messages: tuple[ClientMessage, ...]
    has_older: bool
    newest_of_theirs: str
    files: tuple[FileLink, ...]


async def client_talk(session: AsyncSession, access: Access, language: str, pages: int) -> ClientTalk:
    """The newest `pages` pages of messages and what happened meanwhile, oldest first."""
    document = access.document
    limit = MESSAGES_A_PAGE * max(1, min(pages, 20))
    found = await messages_of(session, document, internal=False, limit=limit + 1)
    has_older, found = len(found) > limit, found[-limit:]
    entries = await entries_of(session, document, language, found[0].at if has_older else None)
    recipients = {link.id: link.recipient_name for link in await links_of(session, document.id)}
    files = await files_of(session, document.id, [message.id for message in found], hidden=False)
    links = links_by_message(files, f"/d/{access.token}/files/", language)
    own = [message for message in found if _is_mine(message, access)]
    seen = await read_at(session, document.id, "merchant", own[-1].at) if own else None
    words = (
        {own[-1].id: translate("Lu %(when)s", language, {"when": at_moment(seen, now(), language)})}
        if seen
        else {}
    )
    numbers = await line_numbers(session, document, found)
    rows = [
        (
            m.at,
            _message(
                m,
                access,
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
    theirs = [message.id for message in found if message.author == "merchant"]
    return ClientTalk(tuple(row for _, row in rows), has_older, theirs[-1] if theirs else "", links[None])


def _is_mine(message: Message, access: Access) -> bool:
    return message.author == "client" and message.link_id == access.link.id


def _message(
    message: Message,
    access: Access,
    recipients: Mapping[str, str],
    language: str,
    **more: Any,
) -> ClientMessage:
    return ClientMessage(
        id=message.id,
        mine=_is_mine(message, access),
        author=_author(message, access, recipients, language),
        pieces=pieces_of(message.body),
        day=long_date(paris_day(message.at), language),
        time=clock_time(message.at, language),
        **more,
    )


def _author(message: Message, access: Access, recipients: Mapping[str, str], language: str) -> str:
    """Who wrote, as they called themselves: a link may have passed through several hands."""
    company = access.company.name
    if message.author == "merchant":
        return f"{message.author_name}, {company}" if message.author_name not in ("", company) else company
    is_named = message.author_name not in ("", recipients.get(message.link_id or "", ""))
    if _is_mine(message, access) and not is_named:
        return translate("Vous", language)
    return message.author_name or translate("Client", language)


def _entry(entry: Entry, language: str) -> ClientMessage:
    return ClientMessage(
        id=entry.id,
        mine=False,
        author="",
        pieces=(Piece(entry.sentence),),
        day=long_date(paris_day(entry.at), language),
        time=clock_time(entry.at, language),
        is_entry=True,
    )
