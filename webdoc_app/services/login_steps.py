"""Between the password and the code: a browser that knows the one and still owes the other.

It holds nothing but a secret that is good for ten minutes and once; a session begins with the code.
"""

import secrets
from datetime import timedelta

from sqlalchemy import delete, update
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.errors import Refusal
from webdoc_app.models import LoginStep
from webdoc_app.services.sessions import digest_of
from webdoc_app.services.work import Work, now

STEP_LIFE = timedelta(minutes=10)


class CodeNeeded(Refusal):
    """The password was right; `step` is the secret of the second step, for the browser's cookie."""

    code, status = "code_needed", 401

    def __init__(self, step: str) -> None:
        super().__init__("Le code de votre téléphone est nécessaire.")
        self.step = step


class StepOver(Refusal):
    """The ten minutes are over, or the step was taken."""

    code, status = "step_over", 401

    def __init__(self) -> None:
        super().__init__("Cette connexion n’attend plus de code. Recommencez.")


async def begin_step(w: Work, user_id: str) -> str:
    """The secret of the second step; steps that are over are forgotten."""
    await w.session.execute(delete(LoginStep).where(col(LoginStep.expires_at) <= w.at))
    secret = secrets.token_urlsafe(32)
    w.session.add(LoginStep(id=digest_of(secret), user_id=user_id, expires_at=w.at + STEP_LIFE))
    return secret


async def user_of_step(session: AsyncSession, secret: str) -> str:
    """Whose sign-in waits for a code. Raises StepOver."""
    step = await session.get(LoginStep, digest_of(secret)) if secret else None
    if step is None or step.spent_at or step.expires_at <= now():
        raise StepOver
    return step.user_id


async def spend_step(w: Work, secret: str) -> None:
    """Raises StepOver where it was spent already."""
    spent = await w.session.execute(
        update(LoginStep)
        .where(
            col(LoginStep.id) == digest_of(secret),
            col(LoginStep.spent_at).is_(None),
            col(LoginStep.expires_at) > w.at,
        )
        .values(spent_at=w.at)
    )
    if not spent.rowcount:  # type: ignore[attr-defined]
        raise StepOver
