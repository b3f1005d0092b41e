"""What has served its purpose goes: secrets in mails that left, remembered answers, sessions that ended.

A stolen copy of the database should open nothing. Links are signed and kept nowhere in clear, but mails hold them; so
the text of a mail that left loses its secrets - those that work once at once, links to documents after a month, when
nobody asks any more what was sent. Its text stays readable in the outbox. Mails that have not left keep all they need.
"""

import re
from datetime import timedelta

from sqlalchemy import delete
from sqlmodel import col, or_, select

from webdoc_app.models import DecisionCode, IdempotentAnswer, LoginSession, OutboxMail, UsedNonce
from webdoc_app.services.work import work

BATCH = 500
LINKS_KEPT = timedelta(days=30)
ANSWERS_KEPT = timedelta(days=2)
"""A program that asks again does so within minutes; a day is what programs are promised."""
SESSIONS_KEPT = timedelta(days=90)
"""After their end: so long the list of networks an owner is known from goes back."""
CODES_KEPT = timedelta(days=30)
"""After their ten minutes; what an acceptance took of one stands in its evidence."""
NONCES_KEPT = timedelta(days=400)
"""A form says not when it was made: so long, one that was sent is known when it is sent again. Those of answers stay."""
WORKING_ONCE = frozenset({"password", "code", "account"})
"""Purposes of mails whose secrets work once, and for minutes or hours."""
_SECRETS = re.compile(r"(/(?:d|reset|unsubscribe|signup/confirm)/)[A-Za-z0-9_.~:%-]{8,}")
_CODES = re.compile(r"\b\d{4}\s?\d{4}\b")
"""Eight digits, written in two groups (services/mails.py)."""


def without_secrets(text: str, purpose: str) -> str:
    """The text with a mark in the place of each address that opens something, and of a one-time code."""
    plain = _SECRETS.sub(r"\1…", text)
    return _CODES.sub("••••\N{NO-BREAK SPACE}••••", plain) if purpose == "code" else plain


def spend(mail: OutboxMail) -> None:
    """Takes the secrets out of a mail that left; its HTML says the same and goes."""
    mail.text_body, mail.html_body = without_secrets(mail.text_body, mail.purpose), ""


async def spend_old_mails(limit: int = BATCH) -> int:
    """Mails that left a month ago, and those with secrets that work once, lose them. Returns how many did now."""
    async with work() as w:
        query = (
            select(OutboxMail)
            .where(
                col(OutboxMail.state).in_(["sent", "bounced"]),
                col(OutboxMail.html_body) != "",
                or_(
                    col(OutboxMail.sent_at) < w.at - LINKS_KEPT,
                    col(OutboxMail.purpose).in_(sorted(WORKING_ONCE)),
                ),
            )
            .limit(limit)
        )
        mails = (await w.session.exec(query)).all()
        for mail in mails:
            spend(mail)
            w.session.add(mail)
    return len(mails)


async def forget_answers(limit: int = BATCH) -> int:
    """Answers remembered for programs that ask twice. Returns how many went now."""
    async with work() as w:
        query = select(IdempotentAnswer.company_id, IdempotentAnswer.key)
        query = query.where(col(IdempotentAnswer.at) < w.at - ANSWERS_KEPT).limit(limit)
        found = (await w.session.exec(query)).all()
        for company_id, key in found:
            of_this = (col(IdempotentAnswer.company_id) == company_id, col(IdempotentAnswer.key) == key)
            await w.session.execute(delete(IdempotentAnswer).where(*of_this))
    return len(found)


async def forget_sessions(limit: int = BATCH) -> int:
    """Sessions over for long: signed out, ended, or run out. Returns how many went now."""
    async with work() as w:
        before = w.at - SESSIONS_KEPT
        over = or_(col(LoginSession.expires_at) < before, col(LoginSession.revoked_at) < before)
        ids = (await w.session.exec(select(LoginSession.id).where(over).limit(limit))).all()
        await w.session.execute(delete(LoginSession).where(col(LoginSession.id).in_(ids)))
    return len(ids)


async def forget_codes(limit: int = BATCH) -> int:
    """One-time codes that have long run out. Returns how many went now."""
    async with work() as w:
        over = col(DecisionCode.expires_at) < w.at - CODES_KEPT
        ids = (await w.session.exec(select(DecisionCode.id).where(over).limit(limit))).all()
        await w.session.execute(delete(DecisionCode).where(col(DecisionCode.id).in_(ids)))
    return len(ids)


async def forget_nonces(limit: int = BATCH) -> int:
    """What old forms have brought, but for answers: those are for good. Returns how many went now."""
    async with work() as w:
        old = (col(UsedNonce.at) < w.at - NONCES_KEPT, UsedNonce.purpose != "decision")
        ids = (await w.session.exec(select(UsedNonce.nonce).where(*old).limit(limit))).all()
        await w.session.execute(delete(UsedNonce).where(col(UsedNonce.nonce).in_(ids)))
    return len(ids)
