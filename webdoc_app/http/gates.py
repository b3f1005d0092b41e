"""Who may send a body at all: keys, sessions, links and accounts are looked at before the first byte of it is read."""

import re

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import Scope

from webdoc_app.domain.errors import Refusal
from webdoc_app.http.incoming import knows_secret
from webdoc_app.http.keys_first import BELOW, PROGRAM
from webdoc_app.http.visitors import signed_in
from webdoc_app.models import PaymentAccount
from webdoc_app.models.columns import is_id
from webdoc_app.services.sharing import open_with_token
from webdoc_app.services.work import reading

_LINK = re.compile(r"(?:/fr|/en)?/d/([^/]+)(?:/.*)?", re.DOTALL)
_HOOK = re.compile(r"/hooks/([^/]+)/([^/]+)")


async def may_send(scope: Scope) -> bool:
    """Whether whoever asks is known where a body goes to. Sign-in and its likes take small forms from anyone."""
    path = scope["path"]
    if path.startswith(BELOW):
        return scope.get(PROGRAM) is not None
    if path.startswith("/app/"):
        return await signed_in(Request(scope)) is not None
    if found := _LINK.fullmatch(path):
        return await _opens(found[1])
    if path.startswith("/hooks/mail/"):
        return knows_secret(Headers(scope=scope))
    if found := _HOOK.fullmatch(path):
        return await _is_account(found[1], found[2])
    return True


async def _opens(token: str) -> bool:
    try:
        async with reading() as session:
            await open_with_token(session, token)
    except Refusal:
        return False
    return True


async def _is_account(provider: str, account_id: str) -> bool:
    if not is_id(account_id):
        return False
    async with reading() as session:
        account = await session.get(PaymentAccount, account_id)
    return account is not None and account.provider == provider
