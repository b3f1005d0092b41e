"""Where List-Unsubscribe of a reminder leads: a page with one button, and the POST that mail programs send (RFC 8058)."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from webdoc_app.http.answers import CLIENT_HEADERS, STATIC_POLICY
from webdoc_app.http.visitors import is_machine
from webdoc_app.http.webdocument import answer, form_of, text_of
from webdoc_app.reads.client_html import unsubscribe_page
from webdoc_app.services.unsubscribing import Subscription, set_stopped, subscription_of

router = APIRouter(include_in_schema=False)


@router.api_route("/unsubscribe/{token}", methods=["GET", "HEAD"])
async def ask(request: Request, token: str) -> Response:
    """Looking changes nothing: scanners follow every address of a mail."""

    async def show() -> Response:
        return _page(await subscription_of(token), token)

    return await answer(request, token, show)


@router.post("/unsubscribe/{token}")
async def act(request: Request, token: str) -> Response:
    """Stops reminders, or with `again` lets them come. Scanners only see. Mail programs send `List-Unsubscribe=One-Click`."""

    async def change() -> Response:
        form = await form_of(request)
        if is_machine(request) and text_of(form, "List-Unsubscribe") != "One-Click":
            return _page(await subscription_of(token), token)
        return _page(await set_stopped(token, stopped=text_of(form, "again") != "1"), token)

    return await answer(request, token, change)


def _page(found: Subscription, token: str) -> Response:
    page = unsubscribe_page(
        found.document.language, found.company.name, found.email, token, is_stopped=found.is_stopped
    )
    return HTMLResponse(page, headers={**CLIENT_HEADERS, "Content-Security-Policy": STATIC_POLICY})
