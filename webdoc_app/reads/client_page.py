"""What a client sees through a link: an explicit list of texts, in the page's language. Nothing internal is here."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain.documents import Kind
from webdoc_app.domain.errors import Conflict
from webdoc_app.domain.lifecycle import State
from webdoc_app.locales import known_language, translate
from webdoc_app.locales.formats import money
from webdoc_app.models import Company
from webdoc_app.reads.client_asks import asked
from webdoc_app.reads.client_decision import Given, given_answer
from webdoc_app.reads.client_form import AnswerForm, answer_form
from webdoc_app.reads.client_payments import PayPanel, pay_panel
from webdoc_app.reads.client_talk import ClientTalk, client_talk
from webdoc_app.reads.deal import Deal, deal_of
from webdoc_app.reads.sheet import KIND_LABELS, TotalRow, sheet_of
from webdoc_app.reads.sheet_html import sheet_html
from webdoc_app.reads.sheet_types import Sheet
from webdoc_app.reads.status import LABELS, shown_status_of
from webdoc_app.services import conversation
from webdoc_app.services.documents import find_document
from webdoc_app.services.issuing import frozen_version
from webdoc_app.services.nonces import new_nonce
from webdoc_app.services.pdfs import logo_for
from webdoc_app.services.sharing import Access, main_link, open_with_token
from webdoc_app.services.work import today


@dataclass(frozen=True)
class ClientPage:
    """All of the page. Amounts and dates are texts in `language`.

    `totals` follow the options ticked, and are empty where none is offered.
    """

    language: str
    token: str
    document_id: str
    chain_id: str
    kind: str
    kind_label: str
    number: str
    version: int
    company_name: str
    company_initials: str
    recipient: str
    title: str
    tells_sender: bool
    status: str
    status_label: str
    ask: str
    detail: str
    sheet: Sheet
    total: str
    totals: tuple[TotalRow, ...]
    net: TotalRow
    form: AnswerForm
    given: Given
    talk: ClientTalk
    message_nonce: str
    deal: Deal
    pay: PayPanel

    @property
    def sheet_markup(self) -> Markup:
        return self.sheet_with(citable=True)

    def sheet_with(self, *, citable: bool) -> Markup:
        return sheet_html(self.sheet, self.given.stamps, self.form.ticked, citable=citable)


async def client_page(
    session: AsyncSession, token: str, language: str = "", pages: int = 1, ticked: Sequence[str] = ()
) -> ClientPage:
    """The page a token opens, with the newest `pages` pages of messages. Raises NotFound, LinkGone.

    `ticked` are the options a client has ticked and not yet accepted: `total`, `totals` and `net` follow them.
    """
    return await page_of(session, await open_with_token(session, token), language, pages, ticked)


async def client_money(session: AsyncSession, token: str, language: str = "") -> tuple[str, str, PayPanel]:
    """Of the page a token opens: its status, the status's label, and paying. Raises NotFound, LinkGone."""
    access = await open_with_token(session, token)
    language = known_language(language or access.document.language)
    status = shown_status_of(access.document, today())
    return (
        status,
        translate(LABELS[status], language),
        await pay_panel(session, access, language, with_origins=False),
    )


async def preview_page(session: AsyncSession, company_id: str, document_id: str) -> tuple[ClientPage, Access]:
    """The page as the client sees it, for the merchant: no link and no form of it leads anywhere.

    Raises NotFound, Conflict for a draft.
    """
    document = await find_document(session, company_id, document_id)
    link = await main_link(session, document.id)
    if link is None or document.state == State.DRAFT:
        raise Conflict("Ce document est encore un brouillon : votre client ne le voit pas.")
    access = Access(link, document, await session.get_one(Company, company_id), "")
    page = await page_of(session, access)
    steps = tuple(replace(step, path="") for step in page.deal.steps)
    form = replace(page.form, nonce="", code=replace(page.form.code, nonce=""))
    pay = replace(page.pay, deposit_path="", nonce="", transfer=replace(page.pay.transfer, qr=""))
    deal = replace(page.deal, steps=steps)
    return replace(page, deal=deal, form=form, pay=pay, message_nonce=""), access


async def page_of(
    session: AsyncSession, access: Access, language: str = "", pages: int = 1, ticked: Sequence[str] = ()
) -> ClientPage:
    """The page of a document that was opened."""
    document = access.document
    language = known_language(language or document.language)
    content = json.loads((await frozen_version(session, document)).content)
    status = shown_status_of(document, today())
    form = await answer_form(session, access, content, ticked, language)
    given = await given_answer(session, access, status, language)
    ask, detail = asked(document, form.gross, given.held_until, language)
    sheet = sheet_of(
        content,
        language=language,
        logo=await logo_for(session, document),
        paid_minor=document.paid_minor,
        credited_minor=document.credited_minor,
        chosen=None if form.is_open else json.loads(document.options),
        choosable=form.is_open,
    )
    counted = sheet_of(content, language=language, logo=None, chosen=form.ticked) if form.ticked else sheet
    return ClientPage(
        language=language,
        token=access.token,
        document_id=document.id,
        chain_id=document.chain_id,
        kind=document.kind,
        kind_label=translate(KIND_LABELS[Kind(document.kind)], language),
        number=document.number or "",
        version=document.version,
        company_name=access.company.name,
        company_initials=_initials(access.company.name),
        recipient=access.link.recipient_name,
        title=translate("Document sécurisé", language),
        tells_sender=access.company.tracking,
        status=status,
        status_label=translate(LABELS[status], language),
        ask=ask,
        detail=detail,
        sheet=sheet,
        total=money(form.gross, document.currency, language),
        totals=counted.totals if form.options else (),
        net=counted.net,
        form=form,
        given=given,
        talk=await client_talk(session, access, language, pages),
        message_nonce=new_nonce(document.id, conversation.PURPOSE),
        deal=await deal_of(session, access, language),
        pay=await pay_panel(session, access, language),
    )


def _initials(name: str) -> str:
    words = [word for word in name.split() if word[:1].isalnum()]
    return "".join(word[0] for word in words[:2]).upper() or "·"
