"""The second factor: codes of a telephone (TOTP, RFC 6238), and codes kept for the day it is lost.

A code is good once, thirty seconds early or late. Wrong ones are slowed as passwords are; above thirty an hour only
recovery codes are taken, which nobody guesses: so the owner always has a way in.
"""

import asyncio
import hashlib
import hmac
import logging
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyotp
from limits import RateLimitItemPerHour
from sqlalchemy import delete, update
from sqlmodel import col, func, select

from webdoc_app.domain.errors import Conflict, NotFound, Refusal, TooMany
from webdoc_app.domain.networks import network_of
from webdoc_app.models import Company, LoginSession, RecoveryCode, SecondFactor, User
from webdoc_app.models.columns import new_id
from webdoc_app.services import limits, vault
from webdoc_app.services.accounts import Member, has_second_factor, insist_password
from webdoc_app.services.guesses import Guess, try_guess
from webdoc_app.services.login_steps import spend_step, user_of_step
from webdoc_app.services.mails import queue_account_mail
from webdoc_app.services.sessions import open_session, revoke_all
from webdoc_app.services.work import SYSTEM, Actor, Work, now, reading, work
from webdoc_app.settings import settings

logger = logging.getLogger(__name__)
STEP_SECONDS = 30
DRIFT = 1
"""Steps a telephone's clock may be early or late."""
SETUP_LIFE = timedelta(minutes=30)
PROOF_LIFE = timedelta(minutes=15)
WRONG_CODES = RateLimitItemPerHour(30)
HOW_MANY, DIGITS = 10, 16
"""Recovery codes of a set, and their length: 53 bits behind scrypt."""


class WrongCode(Refusal):
    code, status = "wrong_code", 401

    def __init__(self) -> None:
        super().__init__("Ce code n’est pas le bon, ou il a déjà servi.")


class ProofNeeded(Refusal):
    """The last code is too old for what is asked."""

    code, status = "proof_needed", 403

    def __init__(self) -> None:
        super().__init__(
            "Confirmez d’abord votre code : le dernier date de plus de quinze minutes. Le bouton « Confirmer mon code » y mène."
        )


@dataclass(frozen=True)
class Setup:
    """What a telephone is shown: `secret` in groups of four to type, `address` for the picture (otpauth)."""

    secret: str
    address: str


@dataclass(frozen=True)
class Standing:
    """`since` is None while it is off."""

    since: datetime | None = None
    codes_left: int = 0


async def standing_of(user_id: str) -> Standing:
    async with reading() as session:
        factor = await session.get(SecondFactor, user_id)
        if factor is None or factor.confirmed_at is None:
            return Standing()
        query = select(func.count()).where(
            RecoveryCode.user_id == user_id, col(RecoveryCode.used_at).is_(None)
        )
        return Standing(factor.confirmed_at, (await session.exec(query)).one())


async def begin_setup(member: Member, password: str) -> Setup:
    """A new secret, which counts once it is confirmed. Raises WrongPassword, TooMany, Conflict where one counts already."""
    await insist_password(member, password)
    secret = pyotp.random_base32()
    async with work() as w:
        factor = await w.session.get(SecondFactor, member.user_id, with_for_update=True)
        _insist_off(factor)
        factor = factor or SecondFactor(user_id=member.user_id, secret="", created_at=w.at)
        factor.secret, factor.created_at, factor.last_step = _hide(member.user_id, secret), w.at, 0
        w.session.add(factor)
    return _setup(member, secret)


async def pending_setup(member: Member) -> Setup | None:
    """The secret that still waits for its first code, for half an hour."""
    async with reading() as session:
        factor = await session.get(SecondFactor, member.user_id)
    if factor is None or factor.confirmed_at or factor.created_at + SETUP_LIFE <= now():
        return None
    secret = _read(factor)
    return _setup(member, secret) if secret else None


async def confirm_setup(member: Member, code: str) -> list[str]:
    """Switches it on by a first code. Returns the recovery codes, which are shown this once.

    Raises WrongCode, TooMany, Conflict where nothing waits to be confirmed.
    """
    if await pending_setup(member) is None:
        raise Conflict("Cette mise en place est trop ancienne. Recommencez.")
    await _insist_code(member.user_id, code, member.session_id, confirmed=False)
    codes, hashes = await _new_codes(member.user_id)
    async with work() as w:
        factor = await w.session.get_one(SecondFactor, member.user_id, with_for_update=True)
        _insist_off(factor)
        factor.confirmed_at = w.at
        w.session.add(factor)
        await _keep_codes(w, member.user_id, hashes)
        # Elsewhere a password alone was given.
        await w.session.execute(
            update(LoginSession).where(col(LoginSession.user_id) == member.user_id).values(proved_at=None)
        )
        await _note_proof(w, member)
        await _tell(w, member.user_id, "account.two_factor_on", member.actor)
    return codes


async def renew_recovery_codes(member: Member, code: str) -> list[str]:
    """Another set, shown this once; the former codes are void. Raises WrongCode, TooMany, Conflict where it is off."""
    await _insist_on(member.user_id)
    await _insist_code(member.user_id, code, member.session_id)
    codes, hashes = await _new_codes(member.user_id)
    async with work() as w:
        await _keep_codes(w, member.user_id, hashes)
        await _note_proof(w, member)
    return codes


async def switch_off(member: Member, password: str, code: str) -> None:
    """Raises WrongPassword, WrongCode, TooMany, Conflict where it is off."""
    await _insist_on(member.user_id)
    await insist_password(member, password)
    await _insist_code(member.user_id, code, member.session_id)
    async with work() as w:
        await _forget(w, member.user_id)
        await _tell(w, member.user_id, "account.two_factor_off", member.actor)


async def switch_off_by_operator(email: str) -> None:
    """From the command line, for whoever lost telephone and codes; every session ends. Raises NotFound, Conflict."""
    async with work() as w:
        user = (await w.session.exec(select(User).where(User.email == email.strip().lower()))).first()
        if user is None:
            raise NotFound("Aucun compte n’a cette adresse.")
        if not await has_second_factor(w.session, user.id):
            raise Conflict("La double authentification de ce compte n’est pas activée.")
        await _forget(w, user.id)
        await revoke_all(w, user.id)
        await _tell(w, user.id, "account.two_factor_off", SYSTEM)


async def finish_sign_in(step: str, code: str, *, address: str, user_agent: str) -> str:
    """The secret of a new session, once the code is right. Raises StepOver, WrongCode, TooMany."""
    async with reading() as session:
        user_id = await user_of_step(session, step)
    await _insist_code(user_id, code, network_of(address))
    async with work() as w:
        await spend_step(w, step)
        return open_session(w, user_id, address=address, user_agent=user_agent)


async def prove(member: Member, code: str) -> None:
    """A code given again, for what asks for a recent one. Raises WrongCode, TooMany."""
    await _insist_code(member.user_id, code, member.session_id)
    async with work() as w:
        await _note_proof(w, member)


def needs_proof(member: Member) -> bool:
    """Whether keys and payment accounts ask this session for a code first. Without a second factor they never do."""
    return member.two_factor and (member.proved_at is None or member.proved_at + PROOF_LIFE <= now())


def insist_proof(member: Member) -> None:
    """Raises ProofNeeded."""
    if needs_proof(member):
        raise ProofNeeded


async def renew_secrets() -> int:
    """Encrypts every secret with the newest key. Returns how many. Raises vault.Unreadable."""
    async with work() as w:
        factors = (await w.session.exec(select(SecondFactor))).all()
        for factor in factors:
            factor.secret = vault.renew(factor.secret)
            w.session.add(factor)
    return len(factors)


async def _insist_code(user_id: str, code: str, network: str, *, confirmed: bool = True) -> None:
    """Takes a code of the telephone, or a recovery code, and counts a wrong one. Raises WrongCode, TooMany."""
    digits = "".join(code[:100].split()).replace("-", "")
    is_recovery = len(digits) == DIGITS and confirmed
    if not is_recovery and settings().limits and not await limits.has_room(WRONG_CODES, "code", user_id):
        raise TooMany("Trop de codes faux. Utilisez un code de secours, ou réessayez dans une heure.")

    async def is_right() -> bool:
        if is_recovery:
            return await _take_recovery_code(user_id, digits)
        return await _take_code(user_id, digits, confirmed=confirmed)

    if not await try_guess(Guess("code", user_id, network), is_right):
        await limits.use(WRONG_CODES, "code", user_id)
        raise WrongCode


async def _take_code(user_id: str, digits: str, *, confirmed: bool) -> bool:
    async with work() as w:
        factor = await w.session.get(SecondFactor, user_id, with_for_update=True)
        secret = _read(factor) if factor and bool(factor.confirmed_at) == confirmed else ""
        if factor is None or not secret:
            return False
        present = int(w.at.timestamp()) // STEP_SECONDS
        steps = range(present - DRIFT, present + DRIFT + 1)
        right = [step for step in steps if _is_code_of(secret, step, digits)]
        if not right or right[-1] <= factor.last_step:
            return False
        factor.last_step = right[-1]
        w.session.add(factor)
    return True


def _is_code_of(secret: str, step: int, digits: str) -> bool:
    return hmac.compare_digest(
        pyotp.TOTP(secret).generate_otp(step).encode(), digits.encode("utf-8", "replace")
    )


async def _take_recovery_code(user_id: str, digits: str) -> bool:
    given = await asyncio.to_thread(_hash, user_id, digits)
    async with work() as w:
        taken = await w.session.execute(
            update(RecoveryCode)
            .where(
                col(RecoveryCode.user_id) == user_id,
                col(RecoveryCode.code_hash) == given,
                col(RecoveryCode.used_at).is_(None),
            )
            .values(used_at=w.at)
        )
        return bool(taken.rowcount)  # type: ignore[attr-defined]


async def _new_codes(user_id: str) -> tuple[list[str], list[str]]:
    """As they are shown, in groups of four, and their hashes."""
    codes = ["".join(secrets.choice("0123456789") for _ in range(DIGITS)) for _ in range(HOW_MANY)]
    hashes = await asyncio.to_thread(lambda: [_hash(user_id, code) for code in codes])
    return [_in_fours(code) for code in codes], hashes


def _hash(user_id: str, digits: str) -> str:
    """Slow to make: sixteen digits are too few for a fast hash, should the table leak."""
    plain = digits.encode("utf-8", "replace")
    return hashlib.scrypt(plain, salt=user_id.encode(), n=2**14, r=8, p=1, dklen=32).hex()


async def _keep_codes(w: Work, user_id: str, hashes: list[str]) -> None:
    await w.session.execute(delete(RecoveryCode).where(col(RecoveryCode.user_id) == user_id))
    w.session.add_all(
        RecoveryCode(id=new_id(), user_id=user_id, code_hash=each, created_at=w.at) for each in hashes
    )


async def _note_proof(w: Work, member: Member) -> None:
    await w.session.execute(
        update(LoginSession).where(col(LoginSession.id) == member.session_id).values(proved_at=w.at)
    )


async def _forget(w: Work, user_id: str) -> None:
    for table in (RecoveryCode, SecondFactor):
        await w.session.execute(delete(table).where(col(table.user_id) == user_id))


async def _tell(w: Work, user_id: str, event: str, actor: Actor) -> None:
    """An event of the company, and a mail to the user, who must learn of it where it was not them."""
    user = await w.session.get_one(User, user_id)
    company = await w.session.get_one(Company, user.company_id)
    w.record(event, None, actor, {"name": user.name}, company_id=company.id)
    is_on = event == "account.two_factor_on"
    queue_account_mail(
        w,
        to=(user.name, user.email),
        company=company,
        language=company.language,
        subject="Votre compte Webdoc",
        sentence="La double authentification de votre compte est activée : un code de votre téléphone est demandé à chaque connexion."
        if is_on
        else "La double authentification de votre compte est désactivée : le mot de passe suffit de nouveau.",
        button="Ouvrir Webdoc",
        path="/account",
        footer="Si ce n’est pas vous, changez votre mot de passe sans attendre.",
    )


async def _insist_on(user_id: str) -> None:
    async with reading() as session:
        if not await has_second_factor(session, user_id):
            raise Conflict("La double authentification n’est pas activée.")


def _insist_off(factor: SecondFactor | None) -> None:
    if factor is not None and factor.confirmed_at:
        raise Conflict("La double authentification est déjà activée.")


def _setup(member: Member, secret: str) -> Setup:
    address = pyotp.TOTP(secret).provisioning_uri(name=member.email, issuer_name="Webdoc")
    return Setup(_in_fours(secret), address)


def _in_fours(text: str) -> str:
    return " ".join(text[place : place + 4] for place in range(0, len(text), 4))


def _hide(user_id: str, secret: str) -> str:
    return vault.lock_up(_place(user_id), {"totp": secret})


def _read(factor: SecondFactor) -> str:
    """Empty where this installation's secrets no longer open it: then only recovery codes help."""
    try:
        return vault.take_out(_place(factor.user_id), factor.secret)["totp"]
    except vault.Unreadable:
        logger.error("a second factor cannot be read with the secrets of this installation")
        return ""


def _place(user_id: str) -> dict[str, str]:
    return {"user": user_id, "use": "second factor"}
