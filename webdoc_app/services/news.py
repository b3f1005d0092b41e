"""What a person has already seen of the bell."""

from webdoc_app.models import User
from webdoc_app.services.work import work


async def mark_news_seen(user_id: str) -> None:
    """Everything told up to this moment counts as read by this user."""
    async with work() as w:
        user = await w.session.get_one(User, user_id)
        user.news_seen_at = w.at
        w.session.add(user)
