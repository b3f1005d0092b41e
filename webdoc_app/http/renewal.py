"""Asking for a new link from the page of one that is no more. Only a form does it: looking never sends anything.

The form carries no nonce: the address it is posted to is signed, opens nothing, and its use is counted.
"""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from webdoc_app.http.answers import CLIENT_HEADERS, STATIC_POLICY
from webdoc_app.http.visitors import address_of
from webdoc_app.http.webdocument import answer
from webdoc_app.reads.client_html import asked_page
from webdoc_app.services.renewal import Renewal, renew_with_token

router = APIRouter(include_in_schema=False)


@router.post("/d/{token}/renew")
async def renew(request: Request, token: str) -> Response:
    """The same words whoever asks, whatever is known and done; a link that opens is opened."""

    async def ask() -> Response:
        outcome, access = await renew_with_token(token, address_of(request))
        if outcome is Renewal.OPENS:
            return RedirectResponse(f"/d/{token}", 303, headers=CLIENT_HEADERS)
        page = asked_page(access.document.language, outcome.value, access.company.name)
        return HTMLResponse(page, headers={**CLIENT_HEADERS, "Content-Security-Policy": STATIC_POLICY})

    return await answer(request, token, ask)
