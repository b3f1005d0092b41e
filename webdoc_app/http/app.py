"""The HTTP side: everything that is not a Reflex page."""

from fastapi import FastAPI


def create_api() -> FastAPI:
    """Routes answered ahead of the built pages."""
    api = FastAPI(openapi_url=None)

    @api.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    return api
