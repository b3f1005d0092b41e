"""Back from a provider's page: which attempt that was, and the way to its document."""

from sqlmodel import select

from webdoc_app.domain.errors import NotFound
from webdoc_app.models import PaymentAttempt, ShareLink
from webdoc_app.services.sharing import token_of
from webdoc_app.services.work import reading


async def attempt_of(return_id: str) -> str:
    """The attempt a return address belongs to. Raises NotFound."""
    if not (return_id.isascii() and return_id.replace("-", "").replace("_", "").isalnum()):
        raise NotFound
    async with reading() as session:
        query = select(PaymentAttempt.id).where(PaymentAttempt.return_id == return_id)
        found = (await session.exec(query)).first()
    if found is None:
        raise NotFound
    return found


async def way_back(attempt_id: str, language: str) -> str:
    """The document's path, through the link the attempt was made with; `language` is empty for its own."""
    async with reading() as session:
        attempt = await session.get_one(PaymentAttempt, attempt_id)
        link = await session.get_one(ShareLink, attempt.link_id)
    return f"{language and f'/{language}'}/d/{token_of(link, attempt.document_id)}"
