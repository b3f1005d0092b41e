"""Signing in and out, lost passwords, and the keys of programs."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain import text
from webdoc_app.domain.errors import NotFound, Refusal
from webdoc_app.models import ApiKey, Company, LoginSession, User
from webdoc_app.models.columns import is_id, new_id
from webdoc_app.services import keys, limits
from webdoc_app.services.mails import queue_password_mail
from webdoc_app.services.passwords import hash_password, password_matches
from webdoc_app.services.work import Actor, now, work

SESSION_LIFE = timedelta(days=30)
RESET_LIFE_SECONDS = 3_600


class WrongPassword(Refusal):
    code, status = "wrong_password", 401


@dataclass(frozen=True)
class Member:
    """Someone signed in: a user of a company, through a session."""

    user_id: str
    user_name: str
    email: str
    company_id: str
    company_name: str
    language: str
    session_id: str

    @property
    def actor(self) -> Actor:
        return Actor("user", self.user_id, self.user_name)


async def sign_in(email: str, password: str, *, address: str, user_agent: str) -> str:
    """The secret of a new session, for the cookie. Raises WrongPassword, the same for unknown addresses."""
    wanted = email.strip().lower()[: text.NAME]
    await limits.delay_after_failures("login", address, wanted)
    async with work() as w:
        user = (await w.session.exec(select(User).where(User.email == wanted))).first()
        known_hash = user.password_hash if user else None
    if not password_matches(password, known_hash) or user is None:
        await limits.note_failed_login("login", address, wanted)
        raise WrongPassword("L’adresse ou le mot de passe n’est pas le bon.")
    secret = secrets.token_urlsafe(32)
    async with work() as w:
        session = LoginSession(
            id=_digest(secret),
            user_id=user.id,
            created_at=w.at,
            expires_at=w.at + SESSION_LIFE,
            user_agent=user_agent[:300],
        )
        w.session.add(session)
    return secret


async def member_of(session: AsyncSession, secret: str) -> Member | None:
    """Who a session cookie belongs to, now: asked anew at every event, so that a revoked session ends at once."""
    if not secret:
        return None
    query = (
        select(User, Company, LoginSession.expires_at)
        .join(LoginSession, col(LoginSession.user_id) == col(User.id))
        .join(Company, col(Company.id) == col(User.company_id))
        .where(LoginSession.id == _digest(secret), col(LoginSession.revoked_at).is_(None))
    )
    row = (await session.exec(query)).first()
    if row is None or row[2] <= now():
        return None
    user, company, _ = row
    return Member(user.id, user.name, user.email, company.id, company.name, company.language, _digest(secret))


async def sign_out(secret: str) -> None:
    async with work() as w:
        await w.session.execute(
            update(LoginSession)
            .where(col(LoginSession.id) == _digest(secret), col(LoginSession.revoked_at).is_(None))
            .values(revoked_at=w.at)
        )


async def sign_out_everywhere(user_id: str) -> None:
    """Ends every session of a user, on every device."""
    async with work() as w:
        await _revoke_all(w.session, user_id, w.at)


async def _revoke_all(session: AsyncSession, user_id: str, at: object, *, but: str = "") -> None:
    await session.execute(
        update(LoginSession)
        .where(
            col(LoginSession.user_id) == user_id,
            col(LoginSession.revoked_at).is_(None),
            col(LoginSession.id) != but,
        )
        .values(revoked_at=at)
    )


async def ask_password_reset(email: str) -> None:
    """Mails a link to choose a new password where the address has an account; says nothing where it has none."""
    wanted = email.strip().lower()[: text.NAME]
    async with work() as w:
        user = (await w.session.exec(select(User).where(User.email == wanted))).first()
        if user is None:
            return
        company = await w.session.get_one(Company, user.company_id)
        token = keys.sign_timed("reset", [user.id, _fingerprint(user)])
        queue_password_mail(w, user, company, token)


async def reset_password(token: str, password: str) -> None:
    """Sets the password through a mailed link: good for an hour, once, and it ends every session. Raises NotFound."""
    password_hash = hash_password(password)
    match keys.unsign_timed("reset", token, RESET_LIFE_SECONDS):
        case [str(user_id), str(fingerprint)]:
            pass
        case _:
            raise NotFound("Ce lien n’est plus valable. Demandez-en un nouveau.")
    async with work() as w:
        user = await w.session.get(User, user_id)
        if user is None or _fingerprint(user) != fingerprint:
            raise NotFound("Ce lien n’est plus valable. Demandez-en un nouveau.")
        user.password_hash = password_hash
        w.session.add(user)
        await _revoke_all(w.session, user.id, w.at)


async def set_password(email: str, password: str) -> None:
    """Sets a user's password from the command line and ends every session. Raises NotFound, Invalid."""
    password_hash = hash_password(password)
    async with work() as w:
        user = (await w.session.exec(select(User).where(User.email == email.strip().lower()))).first()
        if user is None:
            raise NotFound("Aucun compte n’a cette adresse.")
        user.password_hash = password_hash
        w.session.add(user)
        await _revoke_all(w.session, user.id, w.at)


async def change_own_password(member: Member, current: str, new: str) -> None:
    """Sets the password of someone signed in and ends their other sessions. Raises WrongPassword, Invalid."""
    await limits.delay_after_failures("password", member.user_id)
    password_hash = hash_password(new)
    async with work() as w:
        known_hash = (await w.session.get_one(User, member.user_id)).password_hash
    if not password_matches(current, known_hash):
        await limits.note_failed_login("password", member.user_id)
        raise WrongPassword("Le mot de passe actuel n’est pas le bon.")
    async with work() as w:
        user = await w.session.get_one(User, member.user_id)
        user.password_hash = password_hash
        w.session.add(user)
        await _revoke_all(w.session, user.id, w.at, but=member.session_id)


def _fingerprint(user: User) -> str:
    """Changes with the password: a reset link is good once."""
    return hashlib.sha256(user.password_hash.encode()).hexdigest()[:16]


async def create_api_key(company_id: str, name: str) -> str:
    """A key for a program, shown once. Raises NotFound for the company, Invalid."""
    clean_name = text.clean_line(name, field="name", limit=text.NAME, required=True)
    key = "wd_" + secrets.token_urlsafe(32)
    async with work() as w:
        if await w.session.get(Company, company_id) is None:
            raise NotFound("Cette entreprise n’existe pas.")
        row = ApiKey(
            id=new_id(), company_id=company_id, name=clean_name, key_hash=_digest(key), created_at=w.at
        )
        w.session.add(row)
    return key


async def revoke_api_key(company_id: str, key_id: str) -> None:
    """The key opens nothing from now on. Doing it twice changes nothing more."""
    if not is_id(key_id):
        return
    async with work() as w:
        await w.session.execute(
            update(ApiKey)
            .where(
                col(ApiKey.id) == key_id,
                col(ApiKey.company_id) == company_id,
                col(ApiKey.revoked_at).is_(None),
            )
            .values(revoked_at=w.at)
        )


async def program_of(session: AsyncSession, key: str) -> ApiKey | None:
    query = select(ApiKey).where(ApiKey.key_hash == _digest(key), col(ApiKey.revoked_at).is_(None))
    return (await session.exec(query)).first()


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
