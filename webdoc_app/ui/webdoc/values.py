"""From the client's page as it was read to what its state holds."""

from typing import Any

from webdoc_app.domain.documents import Kind
from webdoc_app.reads.client_answers import choices_of
from webdoc_app.reads.client_html import mark_of, with_day_breaks
from webdoc_app.reads.client_page import ClientPage
from webdoc_app.reads.client_payments import PayPanel


def values_of(page: ClientPage) -> dict[str, Any]:
    return {
        "language": page.language,
        "kind_label": page.kind_label,
        "number": page.number,
        "version": page.version,
        "status": page.status,
        "status_label": page.status_label,
        "ask": page.ask,
        "detail": page.detail,
        "total": page.total,
        "choices": list(choices_of(page, live=True)),
        "decision_word": page.given.word,
        "decision_detail": page.given.detail,
        "stamps": list(page.given.stamps),
        "messages": list(with_day_breaks(page.talk.messages)),
        "has_older": page.talk.has_older,
        "newest_of_theirs": page.talk.newest_of_theirs,
        "company_name": page.company_name,
        "files": list(page.talk.files),
        "message_address": f"/d/{page.token}/messages",
        "recipient": page.recipient,
        "steps": list(page.deal.steps),
        "remains": list(page.deal.remains),
        "terms": page.form.terms,
        "signs": page.kind != Kind.DELIVERY,
        "totals": list(page.totals),
        "net": page.net,
        "has_certificate": page.given.has_certificate,
        "certificate": f"/d/{page.token}/certificate",
        "confirmation": page.given.confirmation,
        "deposit_note": page.form.deposit_note,
        **pay_values(page.token, page.pay),
        "code_needed": page.form.code.needed,
        "code_to": page.form.code.to,
        "mark": mark_of(page),
    }


def pay_values(token: str, pay: PayPanel) -> dict[str, Any]:
    return {
        "pay_shown": pay.is_shown,
        "pay_choices": list(pay.choices),
        "pay_path": f"/d/{token}/pay",
        "pay_notice": pay.notice,
        "pay_tone": pay.tone,
        "pay_test": pay.is_test,
        "receipts": list(pay.receipts),
        "deposit": pay.deposit,
        "deposit_path": pay.deposit_path,
        "part_note": pay.part_note,
        "transfer": pay.transfer,
    }
