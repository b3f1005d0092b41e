"""The conversation of a document as its merchant reads it, notes included."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.locales import translate
from webdoc_app.locales.formats import clock_time
from webdoc_app.models import Document, Message
from webdoc_app.reads.when import day_heading
from webdoc_app.services.conversation import messages_of
from webdoc_app.services.work import now

MESSAGES_A_PAGE = 30


@dataclass(frozen=True)
class MessageRow:
    """A message; `day` is set on the first one of a day and stands above it."""

    id: str
    author: str
    side: str  # "merchant", "client", "internal"
    body: str
    at: str
    day: str


@dataclass(frozen=True)
class Talk:
    """The newest messages and whether there are older ones."""

    messages: list[MessageRow]
    has_older: bool


async def talk_of(session: AsyncSession, document: Document, language: str, pages: int = 1) -> Talk:
    """The newest `pages` pages of the conversation, notes included, oldest of them first."""
    limit = MESSAGES_A_PAGE * pages
    found = await messages_of(session, document, internal=True, limit=limit + 1)
    has_older = len(found) > limit
    return Talk(_messages(found[1:] if has_older else found, language), has_older)


def _messages(found: Sequence[Message], language: str) -> list[MessageRow]:
    rows: list[MessageRow] = []
    last_day = ""
    for message in found:
        day = day_heading(message.at, now(), language)
        rows.append(
            MessageRow(
                id=message.id,
                author=message.author_name or translate("Client", language),
                side="internal" if message.internal else message.author,
                body=message.body,
                at=clock_time(message.at, language),
                day="" if day == last_day else day,
            )
        )
        last_day = day
    return rows
