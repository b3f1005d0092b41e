"""The bell: what clients did, newest first, and how much of it is new to a person."""

import json
from dataclasses import dataclass

from sqlmodel import col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.events import CLIENT_NEWS
from webdoc_app.locales import translate
from webdoc_app.models import Notification, User
from webdoc_app.models.columns import parse_time, time_text
from webdoc_app.reads.when import when
from webdoc_app.services.work import now


@dataclass(frozen=True)
class NewsItem:
    """`is_new`: it came after the person last looked."""

    id: str
    document_id: str
    sentence: str
    at: str
    type: str
    is_new: bool


async def latest_news(
    session: AsyncSession, company_id: str, user_id: str, language: str, limit: int = 20
) -> tuple[list[NewsItem], int]:
    """The newest items, and how many of all are new to this user."""
    user = await session.get_one(User, user_id)
    seen = time_text(user.news_seen_at) if user.news_seen_at else ""
    mine = (
        Notification.company_id == company_id,
        or_(col(Notification.user_id).is_(None), Notification.user_id == user_id),
    )
    query = select(Notification).where(*mine).order_by(col(Notification.at).desc(), col(Notification.id))
    count = select(func.count()).select_from(Notification).where(*mine, Notification.at > seen)
    rows = (await session.exec(query.limit(limit))).all()
    return [_item(row, seen, language) for row in rows], int((await session.exec(count)).one())


def _item(row: Notification, seen: str, language: str) -> NewsItem:
    words = {name: str(value or "") for name, value in json.loads(row.data).items()}
    sentence = CLIENT_NEWS.get(row.type, row.type)
    return NewsItem(
        id=row.id,
        document_id=row.document_id,
        sentence=translate(sentence, language, {"name": "", "number": "", **words}),
        at=when(parse_time(row.at), now(), language),
        type=row.type,
        is_new=row.at > seen,
    )
