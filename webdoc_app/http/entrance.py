"""The way in: where the bare address leads, and what a browser keeps when somebody leaves."""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from webdoc_app.http.visitors import signed_in
from webdoc_app.services.companies import any_company
from webdoc_app.services.work import reading

router = APIRouter(include_in_schema=False)

LEAVES_NOTHING = {"Clear-Site-Data": '"storage"', "Cache-Control": "no-store"}
"""The tab forgets the token its state is found by (browsers heed it on https and on this machine)."""

AFTER_RENEWAL = "/app/settings?changed=password"


@router.api_route("/", methods=["GET", "HEAD"])
async def entrance(request: Request) -> Response:
    """Whoever types the name of the host alone."""
    return to("/app" if await signed_in(request) else await door())


@router.get("/renewed")
async def renewed(request: Request) -> Response:
    """Where a tab goes whose user has just changed their password: it begins anew."""
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return to(AFTER_RENEWAL)
    return to(AFTER_RENEWAL, **LEAVES_NOTHING)


async def door() -> str:
    """Where someone who is not signed in goes: the first one to come makes the company."""
    async with reading() as session:
        return "/login" if await any_company(session) else "/signup"


def to(address: str, **headers: str) -> Response:
    """A redirect that never depends on what the request calls this host."""
    return RedirectResponse(address, 303, headers={"Cache-Control": "no-store", **headers})
