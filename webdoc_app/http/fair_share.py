"""Requests take turns, network by network, so that one flood leaves room for everybody else."""

from starlette.types import ASGIApp, Receive, Scope, Send

from webdoc_app.core.shares import share_of
from webdoc_app.core.turns import NoTurn
from webdoc_app.domain.networks import network_of
from webdoc_app.http.answers import refusal_response
from webdoc_app.services.limits import too_many

ALWAYS = frozenset({"/health"})
"""Whoever watches over the server learns how it is, whatever else goes on."""


class FairShare:
    """Stands behind the proxies' word on who asks, and in front of everything that works."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in ALWAYS:
            return await self.app(scope, receive, send)
        try:
            async with share_of(network_of((scope.get("client") or ("",))[0])):
                await self.app(scope, receive, send)
        except NoTurn:
            await refusal_response(too_many(), scope)(scope, receive, send)
