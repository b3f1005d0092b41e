"""What one worker does at a time, of however many there are: whoever claims it has it until they are late."""

from datetime import timedelta

from sqlalchemy import update
from sqlmodel import col

from webdoc_app.models import Claim
from webdoc_app.services.work import insert_once, work


async def claim(name: str, owner: str, lease: timedelta) -> bool:
    """Whether `owner` has it now, for `lease`; who has it already prolongs it."""
    async with work() as w:
        until = w.at + lease
        if await insert_once(w.session, Claim, {"name": name, "owner": owner, "until": until}):
            return True
        taken = await w.session.execute(
            update(Claim)
            .where(col(Claim.name) == name, (col(Claim.owner) == owner) | (col(Claim.until) <= w.at))
            .values(owner=owner, until=until)
        )
        return bool(taken.rowcount)  # type: ignore[attr-defined]
