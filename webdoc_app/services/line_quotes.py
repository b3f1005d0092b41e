"""A message may be about a line of its document: which one, and its words as they were then."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.errors import Invalid
from webdoc_app.models import Document, DocumentLine, Message
from webdoc_app.services.documents import lines_of

LONGEST = 200
_MOST_DIGITS = 6


@dataclass(frozen=True)
class LineQuote:
    """`text` is the line's number and the first line of its description: `3. Table basse`."""

    line_id: str
    text: str


async def quote_of(session: AsyncSession, document: Document, line: str) -> LineQuote | None:
    """The line named by its id, as programs do, or by its number (from 1), as forms do; None for an empty name.

    Raises Invalid on `line_id` or `line` for one that the document does not have.
    """
    if not line:
        return None
    is_number = line.isascii() and line.isdigit() and len(line) <= _MOST_DIGITS
    for number, row in enumerate(await lines_of(session, document.id), 1):
        if (int(line) == number) if is_number else (line == row.id):
            name = row.description.strip().partition("\n")[0].strip()
            return LineQuote(row.id, f"{number}. {name}"[:LONGEST])
    raise Invalid.one("line" if is_number else "line_id", "Cette ligne n’est pas dans ce document.")


async def line_numbers(
    session: AsyncSession, document: Document, messages: Iterable[Message]
) -> dict[str, int]:
    """Where the lines that messages are about stand now; those that are gone are left out."""
    wanted = {message.line_id for message in messages if message.line_id}
    if not wanted:
        return {}
    query = select(DocumentLine.id).where(DocumentLine.document_id == document.id)
    ids = (await session.exec(query.order_by(col(DocumentLine.position)))).all()
    return {id_: number for number, id_ in enumerate(ids, 1) if id_ in wanted}
