"""Who asks over REST: a program of a company, by its key."""

from typing import Annotated

from fastapi import Depends, Request

from webdoc_app.domain.errors import NotSignedIn
from webdoc_app.models import ApiKey
from webdoc_app.services import accounts
from webdoc_app.services.work import Actor, reading


async def _program(request: Request) -> ApiKey:
    """The key of the request. Raises NotSignedIn."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    async with reading() as session:
        found = await accounts.program_of(session, key.strip()) if scheme.lower() == "bearer" else None
    if found is None:
        raise NotSignedIn("Cette clé d’accès n’est pas connue.")
    return found


Program = Annotated[ApiKey, Depends(_program)]


def actor_of(program: ApiKey) -> Actor:
    return Actor("api", program.id, program.name)
