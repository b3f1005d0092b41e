"""News by mail. The bell's rows, written with the facts, are the queue: nothing told there is lost on the way here."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time

from sqlmodel import and_, col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.errors import Invalid
from webdoc_app.domain.events import CLIENT_NEWS
from webdoc_app.domain.notices import FORGOTTEN_AFTER, USUAL, Pace, QuietHours, Topic, is_due, topic_of
from webdoc_app.locales import translate
from webdoc_app.models import Company, NoticeChoice, NoticeSent, Notification, User
from webdoc_app.models.columns import parse_time, time_text
from webdoc_app.services.mails import queue_news_mail
from webdoc_app.services.work import Work, insert_once, reading, runtime, work

MOST_LINES = 50


@dataclass(frozen=True)
class Choices:
    paces: Mapping[Topic, Pace]
    quiet: QuietHours | None = None


async def choices_of(session: AsyncSession, user_id: str) -> Choices:
    """What a user wants by mail."""
    return _choices(await session.get(NoticeChoice, user_id))


def _choices(row: NoticeChoice | None) -> Choices:
    if row is None:
        return Choices(USUAL)
    paces = {topic: Pace(getattr(row, topic.value)) for topic in Topic}
    quiet = row.quiet_from != row.quiet_to
    hours = (time.fromisoformat(row.quiet_from or "00:00"), time.fromisoformat(row.quiet_to or "00:00"))
    return Choices(paces, QuietHours(*hours) if quiet else None)


async def choose(user_id: str, company_id: str, fields: Mapping[str, str]) -> None:
    """Keeps a user's choices: a pace for each topic, `quiet_from` and `quiet_to` as `HH:MM` or empty. Raises Invalid."""
    values = {topic.value: _pace(topic, fields) for topic in Topic}
    values |= {name: _hour(name, fields) for name in ("quiet_from", "quiet_to")}
    if bool(values["quiet_from"]) != bool(values["quiet_to"]):
        raise Invalid.one("quiet_to", "Indiquez le début et la fin des heures calmes.")
    async with work() as w:
        row = await w.session.get(NoticeChoice, user_id)
        w.session.add(
            _with(row or NoticeChoice(user_id=user_id, company_id=company_id, **USUAL_TEXTS), values)
        )


USUAL_TEXTS = {topic.value: pace.value for topic, pace in USUAL.items()}


def _with(row: NoticeChoice, values: Mapping[str, str]) -> NoticeChoice:
    for name, value in values.items():
        setattr(row, name, value)
    return row


def _pace(topic: Topic, fields: Mapping[str, str]) -> str:
    value = fields.get(topic.value, USUAL[topic].value)
    if value not in list(Pace):
        raise Invalid.one(topic.value, "Ce choix n’existe pas.")
    return value


def _hour(name: str, fields: Mapping[str, str]) -> str:
    value = fields.get(name, "")
    try:
        return time.fromisoformat(value).strftime("%H:%M") if value else ""
    except ValueError:
        raise Invalid.one(name, "Indiquez une heure, par exemple 22:00.") from None


async def mail_due_news() -> int:
    """Queues the mails whose time has come, one for each user. Returns how many."""
    moment = runtime().clock()
    async with reading() as session:
        due = await _due(session, moment)
    queued = 0
    for user_id in sorted(due):
        async with work() as w:
            queued += await _tell(w, user_id)
    return queued


async def _untold(session: AsyncSession, moment: datetime) -> Sequence[tuple[Notification, User]]:
    """News of the last days that a user was not mailed yet, oldest first."""
    query = (
        select(Notification, User)
        .join(User, col(User.company_id) == col(Notification.company_id))
        .outerjoin(
            NoticeSent,
            and_(col(NoticeSent.notification_id) == Notification.id, col(NoticeSent.user_id) == User.id),
        )
        .where(
            Notification.at > time_text(moment - FORGOTTEN_AFTER),
            col(NoticeSent.user_id).is_(None),
            or_(col(Notification.user_id).is_(None), col(Notification.user_id) == User.id),
        )
        .order_by(col(Notification.at), col(Notification.id))
    )
    return list((await session.exec(query)).all())


@dataclass
class Share:
    """A user's news: to be mailed now, and not for their mail at all."""

    mailed: list[Notification] = field(default_factory=list)
    kept_in_bell: list[Notification] = field(default_factory=list)


async def _due(session: AsyncSession, moment: datetime) -> Mapping[str, Share]:
    """User id -> the news there is something to do about now."""
    found: dict[str, Share] = defaultdict(Share)
    choices: dict[str, Choices] = {}
    keepers: dict[str, str] = {}
    for news, user in await _untold(session, moment):
        topic = topic_of(news.type)
        if user.id not in choices:
            choices[user.id] = await choices_of(session, user.id)
        if news.company_id not in keepers:
            keepers[news.company_id] = await keeper_of_decisions(session, news.company_id)
        wanted = choices[user.id]
        pace = wanted.paces[topic] if topic else Pace.NEVER
        if topic is Topic.DECISIONS and keepers[news.company_id] == user.id:
            pace = Pace.NOW
        if pace is Pace.NEVER:
            found[user.id].kept_in_bell.append(news)
        elif is_due(pace, parse_time(news.at), moment) and not (wanted.quiet and wanted.quiet.hold(moment)):
            found[user.id].mailed.append(news)
    return found


async def keeper_of_decisions(session: AsyncSession, company_id: str) -> str:
    """Who is mailed decisions although nobody wants them: the company's first user. Empty while someone does."""
    users = await session.exec(
        select(User).where(User.company_id == company_id).order_by(col(User.created_at), col(User.id))
    )
    first = ""
    for user in users.all():
        first = first or user.id
        if (await choices_of(session, user.id)).paces[Topic.DECISIONS] is not Pace.NEVER:
            return ""
    return first


async def _tell(w: Work, user_id: str) -> int:
    """One mail with all that is due to a user; of two workers one writes it."""
    share = (await _due(w.session, w.at)).get(user_id, Share())
    for news in share.kept_in_bell:
        await _mark(w, news, user_id)
    mine = [news for news in share.mailed if await _mark(w, news, user_id)]
    if not mine:
        return 0
    user = await w.session.get_one(User, user_id)
    company = await w.session.get_one(Company, user.company_id)
    sentences = list(sentences_of(mine, company.language))
    documents = {news.document_id for news in mine}
    path = f"/app/documents/{documents.pop()}" if len(documents) == 1 else "/app"
    subject = sentences[0]
    if len(sentences) > 1:
        subject = translate("%(count)s nouvelles de vos clients", company.language, {"count": len(sentences)})
    queue_news_mail(w, user, company, subject=subject, sentences=sentences[:MOST_LINES], path=path)
    return 1


async def _mark(w: Work, news: Notification, user_id: str) -> bool:
    """Whether nobody had told this user of it yet."""
    values = {"notification_id": news.id, "user_id": user_id, "at": w.at}
    return await insert_once(w.session, NoticeSent, values)


def sentences_of(news: Iterable[Notification], language: str) -> Iterable[str]:
    for each in news:
        words = {name: str(value or "") for name, value in json.loads(each.data).items()}
        yield translate(CLIENT_NEWS.get(each.type, each.type), language, {"name": "", "number": "", **words})


async def forget_news_so_far(company_id: str) -> None:
    """What has happened up to now is told to nobody by mail: the story of the demo."""
    async with work() as w:
        for news, user in await _untold(w.session, w.at):
            if user.company_id == company_id:
                await _mark(w, news, user.id)
