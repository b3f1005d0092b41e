"""Openings: who looked, and how sure that is. Every hit is kept with its class; a GET alone is never a visit."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import and_, col, func, or_, select

from webdoc_app.domain.content import canonical_json
from webdoc_app.domain.devices import device_words, robot_words
from webdoc_app.domain.tracking import (
    HEAD_BEFORE,
    RUNGS,
    SCAN_AFTER_SENDING,
    VISIT_GAP,
    Act,
    Agent,
    Hit,
    Judgement,
    OpeningClass,
    higher,
    judge,
    truncated_address,
)
from webdoc_app.integrations.robots import agent_of
from webdoc_app.models import Document, Opening
from webdoc_app.services import keys
from webdoc_app.services.crowds import gather, is_crowded
from webdoc_app.services.documents import find_document
from webdoc_app.services.openings import tell_opening
from webdoc_app.services.sharing import Access, note_use, open_with_token
from webdoc_app.services.work import Work, now, reading, work


@dataclass(frozen=True)
class Visitor:
    """Where a request or a socket comes from. `company_id` is set by a valid merchant session.

    `prefetch`: the request says that nobody looks at its answer yet.
    """

    address: str = ""
    user_agent: str = ""
    company_id: str = ""
    prefetch: bool = False

    @property
    def device(self) -> str:
        """A keyed fingerprint: tells one device from another without its address or agent."""
        return keys.keyed_hash("device", f"{self.address}\n{self.user_agent}")

    @property
    def network(self) -> str:
        return keys.keyed_hash("network", truncated_address(self.address) or self.address)

    @property
    def agent(self) -> Agent:
        return agent_of(self.user_agent)

    @property
    def label(self) -> str:
        """The device in words."""
        return (robot_words if self.agent is Agent.ROBOT else device_words)(self.user_agent)

    def owns(self, document: Document) -> bool:
        return bool(self.company_id) and self.company_id == document.company_id


@dataclass(frozen=True)
class Sight:
    """What the page says of itself: a trusted gesture, or else two seconds in view; and whether it is driven."""

    gesture: bool = True
    webdriver: bool = False

    @property
    def act(self) -> Act:
        return Act.GESTURE if self.gesture else Act.SIGHT


async def confirm_opening_with_token(token: str, visitor: Visitor, sight: Sight = Sight()) -> None:
    """The page says it is seen. Raises NotFound, LinkGone."""
    async with work() as w:
        access = await open_with_token(w.session, token)
        document = await find_document(w.session, access.company.id, access.document.id, lock=True)
        await _take(w, access, document, visitor, sight.act, webdriver=sight.webdriver)


async def note_engagement(w: Work, access: Access, document: Document, visitor: Visitor) -> None:
    """A message or an answer was taken: whoever typed it has seen the document."""
    await _take(w, access, document, visitor, Act.POST)


async def note_hit(access: Access, visitor: Visitor, act: Act) -> None:
    """A page or a PDF was asked for, by a machine or by the merchant. See services/hits for everyone else."""
    async with work() as w:
        await _take(w, access, access.document, visitor, act)


async def note_fetches(
    fetches: Iterable[tuple[Access, Visitor, int]], beyond: Iterable[tuple[Access, int]] = ()
) -> None:
    """Pages and PDFs that were asked for so many times, all in one transaction.

    `beyond` are those of whom nothing but their number is known.
    """
    async with work() as w:
        for access, visitor, views in fetches:
            await _take(w, access, access.document, visitor, Act.FETCH, views=views)
        for access, number in beyond:
            await gather(w, access, Judgement(OpeningClass.FETCHED), number)


def class_of_asking(access: Access, visitor: Visitor, act: Act) -> OpeningClass:
    """The class of a mere request, told from the request alone."""
    facts = {"owner": visitor.owns(access.document), "prefetch": visitor.prefetch, "agent": visitor.agent}
    return judge(Hit(act, **facts)).class_  # type: ignore[arg-type]


async def _take(
    w: Work,
    access: Access,
    document: Document,
    visitor: Visitor,
    act: Act,
    *,
    webdriver: bool = False,
    views: int = 1,
) -> None:
    """Keeps a hit in the visit it belongs to. The first that counts makes the visit a client's, and may be news.

    Asking for a page prolongs no visit that counts: a GET changes nothing a person would call a change.
    """
    if not access.company.tracking:
        return
    judged = judge(
        Hit(
            act,
            agent=visitor.agent,
            owner=visitor.owns(document),
            prefetch=visitor.prefetch,
            webdriver=webdriver,
            head_before=act is Act.SIGHT and await _head_before(w, document, visitor),
            scan_like=act is Act.SIGHT and await _scan_like(w, document, visitor),
        )
    )
    opening = await running_visit(w, access, visitor, judged.class_)
    if opening is None and await is_crowded(w, access, judged):
        await gather(w, access, judged, views)
        return
    counted_before = opening is not None and opening.counts
    is_asking = act in (Act.HEAD, Act.FETCH)
    if opening is None:
        opening = _new_visit(w, access, visitor, views)
    elif is_asking:
        opening.views += views
    _climb(opening, judged)
    if not (counted_before and is_asking):
        opening.last_at = w.at
    w.session.add(opening)
    if opening.counts and not is_asking:
        await note_use(w, access.link)
    if opening.counts and not counted_before:
        await tell_opening(w, access, document, opening)
    elif opening.counts and not is_asking:
        document.last_visit_at = w.at
        w.session.add(document)


def _new_visit(w: Work, access: Access, visitor: Visitor, views: int) -> Opening:
    return Opening(
        company_id=access.company.id,
        document_id=access.document.id,
        link_id=access.link.id,
        opening_class="",
        views=views,
        device=visitor.device,
        device_label=visitor.label,
        address=visitor.address,
        network=visitor.network,
        user_agent=visitor.user_agent,
        first_at=w.at,
        last_at=w.at,
    )


def _climb(opening: Opening, judged: Judgement) -> None:
    """A visit is worth the most that is known of it. What a person has corrected stays as they said."""
    if opening.corrected_at is not None:
        return
    before = OpeningClass(opening.opening_class or judged.class_)
    class_ = higher(before, judged.class_) if before in RUNGS and judged.class_ in RUNGS else judged.class_
    opening.opening_class = class_.value
    opening.signals = canonical_json(list(judged.signals))
    opening.counts = opening.counts or judged.counts


async def running_visit(w: Work, access: Access, visitor: Visitor, class_: OpeningClass) -> Opening | None:
    """The visit that goes on: same document, link and device, less than 30 minutes ago, and of the same kind -
    people's rungs are one kind - or corrected to what a person says it is.
    """
    kind = [rung.value for rung in RUNGS] if class_ in RUNGS else [class_.value]
    query = select(Opening).where(
        Opening.document_id == access.document.id,
        # All classes there are: with them the index leads to the last half hour, however many came before.
        col(Opening.opening_class).in_([each.value for each in OpeningClass]),
        col(Opening.last_at) > w.at - VISIT_GAP,
        Opening.link_id == access.link.id,
        Opening.device == visitor.device,
        or_(
            and_(col(Opening.opening_class).in_(kind), col(Opening.corrected_at).is_(None)),
            col(Opening.corrected_at).is_not(None),
        ),
    )
    return (await w.session.exec(query.order_by(col(Opening.last_at).desc()).limit(1))).first()


async def _head_before(w: Work, document: Document, visitor: Visitor) -> bool:
    """Whether someone of the same network asked a moment ago only if there is a page."""
    query = select(Opening.id).where(
        Opening.document_id == document.id,
        Opening.opening_class == OpeningClass.AUTOMATIC.value,
        col(Opening.last_at) > w.at - HEAD_BEFORE,
        Opening.network == visitor.network,
        col(Opening.signals).like(f'%"{Act.HEAD.value}"%'),
    )
    return (await w.session.exec(query.limit(1))).first() is not None


async def _scan_like(w: Work, document: Document, visitor: Visitor) -> bool:
    """Whether the document has just been sent, and this network has opened another link as well meanwhile."""
    if document.sent_at is None or w.at - document.sent_at > SCAN_AFTER_SENDING:
        return False
    query = select(func.count(func.distinct(Opening.document_id))).where(
        col(Opening.last_at) > w.at - SCAN_AFTER_SENDING,
        Opening.network == visitor.network,
        Opening.opening_class != OpeningClass.OWNER.value,
        Opening.document_id != document.id,
    )
    return bool((await w.session.exec(query)).one())


@dataclass(frozen=True)
class Watching:
    """A client who looks at a document now, in a visit that counts."""

    company_id: str
    document_id: str
    opening_id: str


async def watching_with_token(token: str, visitor: Visitor) -> Watching | None:
    """Whose visit a page in view belongs to; None where it is no client's. Raises NotFound, LinkGone."""
    async with reading() as session:
        access = await open_with_token(session, token)
        if not access.company.tracking or visitor.owns(access.document):
            return None
        unit = Work(session, now())
        opening = await running_visit(unit, access, visitor, OpeningClass.RENDERED)
    if opening is None or not opening.counts:
        return None
    return Watching(access.company.id, access.document.id, opening.id)


MOST_SECONDS = 24 * 3_600


async def add_visible_time(watching: Watching, time: timedelta) -> None:
    """Adds to what a visit was in view."""
    async with work() as w:
        opening = await w.session.get(Opening, watching.opening_id)
        if opening is None:
            return
        opening.visible_seconds = min(opening.visible_seconds + round(time.total_seconds()), MOST_SECONDS)
        opening.last_at = max(opening.last_at, w.at)
        w.session.add(opening)
        if opening.counts:
            document = await find_document(w.session, watching.company_id, watching.document_id, lock=True)
            document.last_visit_at = max(document.last_visit_at or w.at, w.at)
            w.session.add(document)
