"""Is it up?"""

from fastapi import APIRouter
from sqlalchemy import text
from starlette.responses import JSONResponse, Response

from webdoc_app.services.work import reading
from webdoc_app.settings import settings

router = APIRouter(include_in_schema=False)


@router.get("/health")
async def health() -> Response:
    """200, or 503 with what is down."""
    down = [name for name, check in (("database", _database), ("redis", _redis)) if not await check()]
    return JSONResponse({"status": "down" if down else "ok", "down": down}, 503 if down else 200)


async def _database() -> bool:
    try:
        async with reading() as session:
            await session.execute(text("SELECT 1"))
    except Exception:  # noqa: BLE001 - whatever the driver raises, the answer is that it is down
        return False
    return True


async def _redis() -> bool:
    if not settings().redis_url:
        return True
    from redis.asyncio import Redis

    try:
        async with Redis.from_url(settings().redis_url or "", socket_timeout=2) as redis:
            return bool(await redis.execute_command("PING"))
    except Exception:  # noqa: BLE001
        return False
