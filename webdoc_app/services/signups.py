"""Signing up where anyone may: the address is confirmed by a mail before the company exists.

Whether an address has an account already is told to its inbox alone: both answers are the same, and take the same
time. A company that exists has an address that was read, so it may write to others at once.
"""

import secrets
from datetime import timedelta

from sqlalchemy import delete
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.core.errands import run_later
from webdoc_app.domain.errors import NotFound
from webdoc_app.domain.networks import network_of
from webdoc_app.models import Signup, User
from webdoc_app.services import limits
from webdoc_app.services.companies import Founding, any_company, found_company, read_founding
from webdoc_app.services.mails import queue_account_mail
from webdoc_app.services.passwords import hash_password
from webdoc_app.services.sessions import digest_of, open_session
from webdoc_app.services.work import now, reading, work
from webdoc_app.settings import settings

LIFE = timedelta(hours=24)


async def signup_is_open() -> bool:
    return settings().signup == "open" or not await _any_company()


async def needs_confirmation() -> bool:
    """Where strangers come and mails leave. The first company of an installation, and any where no mail leaves, is
    founded at once."""
    return bool(settings().smtp_url) and await _any_company()


async def _any_company() -> bool:
    async with reading() as session:
        return await any_company(session)


async def ask_to_confirm(
    name: str, user_name: str, email: str, password: str, *, language: str, address: str
) -> None:
    """Mails the address a link that founds the company. Raises Invalid, TooMany."""
    founding = read_founding(name, email, password, user_name=user_name, language=language)
    password_hash = await hash_password(password, network_of(address))
    run_later(_mail(founding, password_hash, network_of(address)))


async def _mail(founding: Founding, password_hash: str, network: str) -> None:
    if not await limits.may_mail_stranger("signup", founding.email, network):
        return
    async with work() as w:
        await w.session.execute(delete(Signup).where(col(Signup.expires_at) <= w.at))
        taken = (await w.session.exec(select(User.id).where(User.email == founding.email))).first()
        secret = secrets.token_urlsafe(32)
        if not taken:
            w.session.add(
                Signup(
                    id=digest_of(secret),
                    name=founding.name,
                    user_name=founding.user_name,
                    email=founding.email,
                    password_hash=password_hash,
                    language=founding.language,
                    expires_at=w.at + LIFE,
                )
            )
        queue_account_mail(
            w,
            to=(founding.user_name, founding.email),
            company=None,
            language=founding.language,
            subject="Votre espace Webdoc",
            sentence="Quelqu’un a demandé un espace avec cette adresse. Vous en avez déjà un : connectez-vous, ou choisissez un autre mot de passe si vous l’avez oublié."
            if taken
            else "Bienvenue. Ce lien confirme votre adresse et ouvre votre espace ; il est valable vingt-quatre heures.",
            button="Se connecter" if taken else "Ouvrir mon espace",
            path="/login" if taken else f"/signup/confirm/{secret}",
            footer="Si vous n’avez rien demandé, ignorez ce courriel.",
        )


async def is_waiting(secret: str) -> bool:
    """Whether the mailed link would still found a company."""
    async with reading() as session:
        return await _waiting(session, secret) is not None


async def confirm(secret: str, *, address: str, user_agent: str) -> str:
    """Founds the company, and signs its first user in: the secret of the session. Raises NotFound, Conflict."""
    async with work() as w:
        signup = await _waiting(w.session, secret, lock=True)
        if signup is None:
            raise NotFound("Ce lien n’est plus valable. Demandez-en un nouveau.")
        founding = Founding(signup.name, signup.email, signup.user_name, signup.language)
        _, user_id = await found_company(w, founding, signup.password_hash)
        await w.session.delete(signup)
        return open_session(w, user_id, address=address, user_agent=user_agent)


async def _waiting(session: AsyncSession, secret: str, *, lock: bool = False) -> Signup | None:
    """Locked: of a link pressed twice at once, the second press finds it gone."""
    signup = await session.get(Signup, digest_of(secret), with_for_update=lock)
    return signup if signup and signup.expires_at > now() else None
