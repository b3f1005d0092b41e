"""A new link for whoever holds an address that is no more: by mail, to the link's own recipient and nobody else.

The address in hand proves nothing any more, so it opens nothing: what it may do is have a mail sent to an inbox known
before. A link that had expired gets a new address with it, for else the dead one would live again by being asked about.
"""

from enum import StrEnum

from webdoc_app.domain.sharing import CLOSED_ON_PURPOSE, LinkState
from webdoc_app.services import keys, limits
from webdoc_app.services.documents import find_document
from webdoc_app.services.links import give_new_address
from webdoc_app.services.mails import queue_renewal_mail
from webdoc_app.services.sharing import Access, judge_with_token, recipient_of, standing
from webdoc_app.services.work import Actor, Work, reading, work


class Renewal(StrEnum):
    """What the asker is told: nothing of what is known, or was done."""

    OPENS = "opens"  # the link is good as it is
    MAILED = "mailed"  # if an address is known
    ASKED = "asked"  # the merchant closed it on purpose, and is asked


async def renew_with_token(token: str, network_address: str) -> tuple[Renewal, Access]:
    """Mails the link's present address to its recipient, or tells the merchant that one is wanted.

    The answer depends on the link alone: it is the same whether an address is known, and above the limits, where
    nothing more is sent. Raises NotFound.
    """
    async with reading() as session:
        access, state = await judge_with_token(session, token)
        email = access.link.recipient_email
    if state is LinkState.ACTIVE:
        return Renewal.OPENS, access
    answer = Renewal.ASKED if state in CLOSED_ON_PURPOSE else Renewal.MAILED
    inbox = keys.keyed_hash("renewal", email)
    if await limits.may_renew(access.link.id, inbox if email else "", network_address):
        await _renew(token, access)
    return answer, access


async def _renew(token: str, seen: Access) -> None:
    async with work() as w:
        # A link is changed in the queue of the document it was made for: what was seen before may be over.
        await find_document(w.session, seen.company.id, seen.link.document_id, lock=True)
        access, state = await judge_with_token(w.session, token)
        email = access.link.recipient_email
        if state is LinkState.ACTIVE:
            return
        if state in CLOSED_ON_PURPOSE or not email:
            words = {"name": recipient_of(access.link), "number": access.document.number}
            w.notify("link.requested", access.document, words)
            w.publish(access.document, "link", to_client=False)
            return
        await _mail(w, access, email)


async def _mail(w: Work, access: Access, email: str) -> None:
    document, link = access.document, access.link
    # Whoever asked holds an old address; who they are is not known.
    asker = Actor("client", link.id)
    if standing(link, w.at) is LinkState.EXPIRED:
        give_new_address(w, link, access.company)
        data = {"link_id": link.id, "recipient": recipient_of(link), "version": link.version}
        w.record("link.rotated", document, asker, data)
    mail = await queue_renewal_mail(w, document, access.company, link, email)
    w.record(
        "link.renewed", document, asker, {"link_id": link.id, "to": email, "message_id": mail.message_id}
    )
    w.publish(document, "link")
