"""Who asks over REST: a program of a company, by its key."""

from typing import Annotated

from fastapi import Depends, Request

from webdoc_app.domain.errors import NotSignedIn
from webdoc_app.http.keys_first import PROGRAM, program_of
from webdoc_app.models import ApiKey
from webdoc_app.services.work import Actor


async def _program(request: Request) -> ApiKey:
    """The key of the request. Raises NotSignedIn."""
    found = request.scope[PROGRAM] if PROGRAM in request.scope else await program_of(request.headers)
    if found is None:
        raise NotSignedIn("Cette clé d’accès n’est pas connue.")
    return found


Program = Annotated[ApiKey, Depends(_program)]


def actor_of(program: ApiKey) -> Actor:
    return Actor("api", program.id, program.name)
