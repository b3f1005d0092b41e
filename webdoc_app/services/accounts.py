"""Signing in and out, lost passwords, and the keys of programs."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.core.errands import run_later
from webdoc_app.domain import text
from webdoc_app.domain.errors import NotFound, Refusal
from webdoc_app.domain.networks import network_of
from webdoc_app.models import ApiKey, Company, LoginSession, SecondFactor, User
from webdoc_app.models.columns import is_id, new_id
from webdoc_app.services import keys, limits
from webdoc_app.services.guesses import Guess, try_guess
from webdoc_app.services.login_steps import CodeNeeded, begin_step
from webdoc_app.services.mails import queue_password_mail
from webdoc_app.services.passwords import check_password, hash_password, password_matches
from webdoc_app.services.sessions import digest_of, is_known_from, open_session, revoke, revoke_all
from webdoc_app.services.work import Actor, Work, now, reading, work

RESET_LIFE_SECONDS = 3_600


class WrongPassword(Refusal):
    code, status = "wrong_password", 401

    def __init__(self, sentence: str = "L’adresse ou le mot de passe n’est pas le bon.") -> None:
        super().__init__(sentence)


@dataclass(frozen=True)
class Member:
    """Someone signed in: a user of a company, through a session.

    `two_factor`: a code was needed; `proved_at` is when the last one was given, `seen_at` when the session was
    last used, to within some minutes.
    """

    user_id: str
    user_name: str
    email: str
    company_id: str
    company_name: str
    language: str
    session_id: str
    two_factor: bool = False
    proved_at: datetime | None = None
    seen_at: datetime | None = None

    @property
    def actor(self) -> Actor:
        return Actor("user", self.user_id, self.user_name)


async def sign_in(email: str, password: str, *, address: str, user_agent: str) -> str:
    """The secret of a new session, for the cookie.

    Raises WrongPassword, the same for unknown addresses; CodeNeeded where the user has a second factor; TooMany.
    """
    wanted, network = email.strip().lower()[: text.NAME], network_of(address)
    async with reading() as session:
        user = (await session.exec(select(User).where(User.email == wanted))).first()
        known = await is_known_from(session, user.id if user else "", address)
    known_hash = user.password_hash if user else None
    guess = Guess("login", wanted, network, is_known=known)
    if not await try_guess(guess, lambda: password_matches(password, known_hash)) or user is None:
        raise WrongPassword
    async with work() as w:
        present = await w.session.get(User, user.id)
        if present is None or present.password_hash != known_hash:
            raise WrongPassword  # it was changed while this guess waited
        if await has_second_factor(w.session, user.id):
            step = await begin_step(w, user.id)
        else:
            return open_session(w, user.id, address=address, user_agent=user_agent)
    raise CodeNeeded(step)


async def has_second_factor(session: AsyncSession, user_id: str) -> bool:
    factor = await session.get(SecondFactor, user_id)
    return factor is not None and factor.confirmed_at is not None


async def member_of(session: AsyncSession, secret: str) -> Member | None:
    """Who a session cookie belongs to, now: asked anew at every event, so that a revoked session ends at once."""
    if not secret:
        return None
    query = (
        select(User, Company, LoginSession, SecondFactor.confirmed_at)
        .join(LoginSession, col(LoginSession.user_id) == col(User.id))
        .join(Company, col(Company.id) == col(User.company_id))
        .outerjoin(SecondFactor, col(SecondFactor.user_id) == col(User.id))
        .where(LoginSession.id == digest_of(secret), col(LoginSession.revoked_at).is_(None))
    )
    row = (await session.exec(query)).first()
    if row is None or row[2].expires_at <= now():
        return None
    user, company, login, two_factor_since = row
    return Member(
        user.id,
        user.name,
        user.email,
        company.id,
        company.name,
        company.language,
        login.id,
        two_factor=two_factor_since is not None,
        proved_at=login.proved_at,
        seen_at=login.last_seen_at,
    )


async def sign_out(secret: str) -> None:
    async with work() as w:
        await revoke(w, LoginSession.id == digest_of(secret))


async def sign_out_everywhere(user_id: str) -> None:
    """Ends every session of a user, on every device."""
    async with work() as w:
        await revoke_all(w, user_id)


def ask_password_reset(email: str, *, address: str = "") -> None:
    """Mails a link to choose a new password where the address has an account; says nothing where it has none.

    Both take the same time: what there is to do is done later. Three an hour and account, and a bound on what is
    asked from one network; above, nothing is sent.
    """
    run_later(_mail_password_link(email.strip().lower()[: text.NAME], network_of(address)))


async def _mail_password_link(email: str, network: str) -> None:
    if not await limits.may_mail_stranger("password", email, network):
        return
    async with work() as w:
        user = (await w.session.exec(select(User).where(User.email == email))).first()
        if user is None:
            return
        company = await w.session.get_one(Company, user.company_id)
        token = keys.sign_timed("reset", [user.id, _fingerprint(user)])
        queue_password_mail(w, user, company, token)


async def reset_password(token: str, password: str, *, revoke_keys: bool = False, address: str = "") -> None:
    """Sets the password through a mailed link: good for an hour, once, and it ends every session. The company's API
    keys end too where `revoke_keys` says so. Raises NotFound, Invalid.
    """
    async with reading() as session:
        user = await _user_of_reset(session, token)
        if user is None:
            raise NotFound("Ce lien n’est plus valable. Demandez-en un nouveau.")
        await _check_password(session, user, password)
    password_hash = await hash_password(password, network_of(address))
    async with work() as w:
        user = await _user_of_reset(w.session, token)
        if user is None:
            raise NotFound("Ce lien n’est plus valable. Demandez-en un nouveau.")
        await _set_password(w, user, password_hash)
        if revoke_keys:
            await _revoke_keys(w, ApiKey.company_id == user.company_id)


async def _user_of_reset(session: AsyncSession, token: str) -> User | None:
    match keys.unsign_timed("reset", token, RESET_LIFE_SECONDS):
        case [str(user_id), str(fingerprint)]:
            user = await session.get(User, user_id, populate_existing=True)
            return user if user and _fingerprint(user) == fingerprint else None
    return None


async def set_password(email: str, password: str) -> None:
    """Sets a user's password from the command line and ends every session. Raises NotFound, Invalid."""
    wanted = email.strip().lower()
    async with reading() as session:
        user = (await session.exec(select(User).where(User.email == wanted))).first()
        if user is None:
            raise NotFound("Aucun compte n’a cette adresse.")
        await _check_password(session, user, password, whole_list=False)
    password_hash = await hash_password(password)
    async with work() as w:
        await _set_password(w, await w.session.get_one(User, user.id), password_hash)


async def change_own_password(member: Member, current: str, new: str) -> None:
    """Sets the password of someone signed in and ends their other sessions. Raises WrongPassword, Invalid, TooMany."""
    async with reading() as session:
        user = await session.get_one(User, member.user_id)
        await _check_password(session, user, new)
    await insist_password(member, current)
    password_hash = await hash_password(new, member.user_id)
    async with work() as w:
        await _set_password(
            w, await w.session.get_one(User, member.user_id), password_hash, but=member.session_id
        )


async def insist_password(member: Member, password: str) -> None:
    """That someone signed in knows their password. Raises WrongPassword, TooMany."""
    async with reading() as session:
        known_hash = (await session.get_one(User, member.user_id)).password_hash
    guess = Guess("password", member.user_id, member.session_id)
    if not await try_guess(guess, lambda: password_matches(password, known_hash)):
        raise WrongPassword("Le mot de passe actuel n’est pas le bon.")


async def _check_password(
    session: AsyncSession, user: User, password: str, *, whole_list: bool = True
) -> None:
    company = await session.get_one(Company, user.company_id)
    check_password(password, known=(user.email, user.name, company.name), whole_list=whole_list)


async def _set_password(w: Work, user: User, password_hash: str, *, but: str = "") -> None:
    user.password_hash = password_hash
    w.session.add(user)
    await revoke_all(w, user.id, but=but)


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
            id=new_id(), company_id=company_id, name=clean_name, key_hash=digest_of(key), created_at=w.at
        )
        w.session.add(row)
    return key


async def revoke_api_key(company_id: str, key_id: str) -> None:
    """The key opens nothing from now on. Doing it twice changes nothing more."""
    if not is_id(key_id):
        return
    async with work() as w:
        await _revoke_keys(w, ApiKey.id == key_id, ApiKey.company_id == company_id)


async def _revoke_keys(w: Work, *which: object) -> None:
    await w.session.execute(
        update(ApiKey).where(*which, col(ApiKey.revoked_at).is_(None)).values(revoked_at=w.at)  # type: ignore[arg-type]
    )


async def program_of(session: AsyncSession, key: str) -> ApiKey | None:
    query = select(ApiKey).where(ApiKey.key_hash == digest_of(key), col(ApiKey.revoked_at).is_(None))
    return (await session.exec(query)).first()
