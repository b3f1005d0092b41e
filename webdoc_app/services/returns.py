"""Back from a provider's page: which attempt that was, and the way to its document, for a day."""

from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import select

from webdoc_app.domain.errors import NotFound
from webdoc_app.models import PaymentAttempt, ShareLink
from webdoc_app.services.sharing import open_with_token, token_of
from webdoc_app.services.work import now, reading

GOOD_FOR = timedelta(hours=24)
"""A return address lies with its provider and in the history of a browser; for so long it is a way to the document."""


@dataclass(frozen=True)
class Return:
    """An attempt someone comes back from; `is_good` while its address still leads to the document."""

    attempt_id: str
    is_good: bool
    language: str


async def return_of(return_id: str) -> Return:
    """The attempt a return address belongs to. Raises NotFound."""
    if not (return_id.isascii() and return_id.replace("-", "").replace("_", "").isalnum()):
        raise NotFound
    async with reading() as session:
        query = select(PaymentAttempt).where(PaymentAttempt.return_id == return_id)
        found = (await session.exec(query)).first()
    if found is None:
        raise NotFound
    # Of those begun before versions were written down some have none: nobody knows which link they are of.
    is_good = found.link_version is not None and now() - found.created_at < GOOD_FOR
    return Return(found.id, is_good, found.language)


async def token_back(back: Return) -> str:
    """The token of the very link the attempt was made with: replaced since then, it opens nothing any more."""
    async with reading() as session:
        attempt = await session.get_one(PaymentAttempt, back.attempt_id)
        link = await session.get_one(ShareLink, attempt.link_id)
    return token_of(link, attempt.document_id, attempt.link_version)


async def way_back(token: str, language: str) -> str:
    """The document's path; `language` is empty for its own. Raises NotFound, LinkGone."""
    async with reading() as session:
        await open_with_token(session, token)
    return f"{language and f'/{language}'}/d/{token}"
