"""Who is asking: address, agent, and whether a merchant's session comes along."""

from urllib.parse import urlsplit

from starlette.requests import Request

from webdoc_app.domain.errors import Forbidden, NotSignedIn
from webdoc_app.integrations.robots import acts_by_itself
from webdoc_app.services.accounts import Member, member_of
from webdoc_app.services.cookies import session_secret
from webdoc_app.services.sessions import note_seen
from webdoc_app.services.tracking import Visitor
from webdoc_app.services.work import reading
from webdoc_app.settings import settings


def address_of(request: Request) -> str:
    """The network address, as the trusted proxies tell it."""
    return request.client.host if request.client else ""


async def signed_in(request: Request) -> Member | None:
    secret = session_secret(request.headers.get("cookie", ""))
    if not secret:
        return None
    async with reading() as session:
        member = await member_of(session, secret)
    if member:
        note_seen(member.session_id, member.seen_at)
    return member


async def require_member(request: Request) -> Member:
    """Raises NotSignedIn."""
    member = await signed_in(request)
    if member is None:
        raise NotSignedIn("Connectez-vous pour continuer.")
    return member


async def visitor_of(request: Request) -> Visitor:
    member = await signed_in(request)
    return Visitor(
        address=address_of(request),
        user_agent=request.headers.get("user-agent", "")[:500],
        company_id=member.company_id if member else "",
        prefetch=is_prefetch(request),
    )


def is_prefetch(request: Request) -> bool:
    """Whether a browser asks ahead, for a page nobody looks at yet: Sec-Purpose and what came before it."""
    said = (request.headers.get(name, "") for name in ("sec-purpose", "purpose", "x-purpose", "x-moz"))
    return any(
        "prefetch" in value.lower() or "preview" in value.lower() or "prerender" in value.lower()
        for value in said
    )


def is_machine(request: Request) -> bool:
    """Whether who asks only follows addresses and tries buttons: nothing is started for them."""
    return is_prefetch(request) or acts_by_itself(request.headers.get("user-agent", ""))


def insist_same_origin(request: Request) -> None:
    """A form that acts with a session's cookie comes from our own pages. Raises Forbidden."""
    origin = request.headers.get("origin")
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Forbidden("Ce formulaire ne vient pas de cette page.")
    if origin and origin not in settings().origins and urlsplit(origin).netloc != request.headers.get("host"):
        raise Forbidden("Ce formulaire ne vient pas de cette page.")
