"""Which columns are of record, and which only help the product work: every column of every table, with its reason.

Of record is what a company, its customer or an auditor may have to rely on later: `verify` names a change of it that the
product did not make. `bound` columns are hashed, row by row, into the event of the transaction that writes them;
`checked` ones are recomputed from others of record; `working` ones are free to change, be purged, be made anew.

docs/proof.md shows this as tables: `python -m webdoc_app.domain.of_record` writes them there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


def _each(names: str, reason: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), reason)


@dataclass(frozen=True)
class Columns:
    """Of one table. `key` is its primary key; `counts_when` names the rows that are of record, where not all are."""

    bound: Mapping[str, str] = field(default_factory=dict)
    checked: Mapping[str, str] = field(default_factory=dict)
    working: Mapping[str, str] = field(default_factory=dict)
    key: tuple[str, ...] = ("id",)
    counts_when: str = ""

    @property
    def of_record(self) -> Mapping[str, str]:
        return {**self.bound, **self.checked}


_ROW = "hashed into the event that wrote it"
_CONTENT = "part of the frozen content: its hash is in the event that issued or revised the document"
_FILE = "compared with its SHA-256, which is bound"
_SUM = "a sum, computed again from the rows it is of"
_WHOLE = "the same in its event, column by column"
_COPIED = "copied into each document when it is issued; the copy is of record, this one may change"
_ACCESS = "who may come in now; who did something stands in the events by name and id"
_DELIVERY = "how something is delivered; what was sent and when is an event"
_CONVENIENCE = "spares a person or a program a second time; nothing is proved by it"
_PROVIDERS = (
    "as the provider tells it, asked again at any time; the ledger's lines and their events are of record"
)
_MEASURED = "measured, not proved: truncated after a year; what it adds up to is of record"

TABLES: dict[str, Columns] = {
    "events": Columns(
        checked={
            **_each(
                "company_id seq id document_id type at actor_kind actor_id actor_name data bound previous_hash",
                "hashed; the hash is signed and is the next event's `previous_hash`",
            ),
            "hash": "computed again, and compared with every anchor at hand",
            "mac": "the signature of the hash with the installation's history key",
        },
        key=("company_id", "seq"),
    ),
    "event_heads": Columns(
        checked={
            **_each(
                "company_id seq hash",
                "the last event, signed as the last: an earlier one cannot take its place",
            ),
            "mac": "that signature",
            "sealed_seq": "the first event that is signed, found again in the chain",
        },
        working={"mailed_month": "when the anchor was last mailed"},
        key=("company_id",),
    ),
    "history_keys": Columns(
        checked=_each("name wrapped", "encrypted with the installation's secret, under its name"),
        working={"created_at": "for the reader"},
        key=("name",),
    ),
    "documents": Columns(
        bound={
            **_each("id company_id content_sha256 version created_at sent_at", _ROW),
            "state": "hashed into its event, and computed again from the events",
            "became": "hashed into the event of the document that took up the rest",
            **_each(
                "options options_net_minor options_vat_minor",
                "hashed into the answer's event, and compared with the answer",
            ),
            "followups_paused": "hashed into the event that paused or continued",
        },
        checked={
            **_each(
                "chain_id origin_id customer_id kind number series year sequence title notes currency language issue_date"
                " valid_until due_date deposit_percent seller customer adjustments vat_breakdown extras lines_minor"
                " allowances_minor charges_minor net_minor vat_minor gross_minor prepaid_minor rounding_minor"
                " import_sha256 duplicate_of issued_at",
                _CONTENT,
            ),
            **_each("paid_minor credited_minor refunded_minor processing_minor disputed_minor", _SUM),
            **_each(
                "opened_at visits last_visit_at",
                "computed again from the openings that count, and from their events",
            ),
        },
        working={"updated_at": "orders lists; each change is an event with its time"},
        counts_when="state != 'draft'",
    ),
    "document_lines": Columns(
        checked={
            **_each(
                "id document_id origin_id position description unit quantity base_quantity unit_price discount_percent"
                " vat_rate allowances_minor charges_minor net_minor is_optional",
                _CONTENT,
            ),
            "company_id": "the document's",
        },
        counts_when="its document is issued",
    ),
    "document_versions": Columns(
        checked={
            **_each(
                "document_id version content content_sha256", "hashed again, and compared with the event"
            ),
            "company_id": "the document's",
            "created_at": "the time of its event",
        },
        key=("document_id", "version"),
    ),
    "stored_pdfs": Columns(
        bound=_each("document_id version company_id sha256 created_at", _ROW),
        checked={"data": _FILE},
        key=("document_id", "version"),
    ),
    "stored_receipts": Columns(
        bound=_each("payment_id document_id company_id sha256 created_at", _ROW),
        checked={"data": _FILE},
        key=("payment_id",),
    ),
    "logos": Columns(
        bound=_each("company_id sha256", _ROW), checked={"data": _FILE}, key=("company_id", "sha256")
    ),
    "number_counters": Columns(
        checked=_each("company_id series year last", "as many numbers as documents: no gap, no double"),
        key=("company_id", "series", "year"),
    ),
    "decisions": Columns(
        checked={
            **_each(
                "id company_id document_id version decision name quality reason until options link_id nonce"
                " content_sha256 amount_minor currency address user_agent recorded_by evidence signature_sha256 at",
                _WHOLE,
            ),
            "signature": "compared with its SHA-256, which is in the event",
        }
    ),
    "certificates": Columns(
        bound=_each("event_id format company_id sha256 created_at", _ROW),
        checked={"data": "compared with its SHA-256, its own facts and its seal"},
        key=("event_id", "format"),
    ),
    "payments": Columns(
        checked=_each("id company_id document_id amount_minor currency method paid_on reference at", _WHOLE)
    ),
    "payment_attempts": Columns(
        bound=_each(
            "id company_id document_id account_id link_id link_version language return_id provider mode amount_minor"
            " currency due_minor state reference captured_id receipt_url fee_minor refunded_minor dispute created_at",
            _ROW,
        ),
        working=_each(
            "url reason expires_at claimed_until next_check_at returned_at updated_at form heard",
            "how the provider is asked, and when again",
        ),
        counts_when="captured_id != ''",
    ),
    "messages": Columns(
        bound=_each(
            "id company_id document_id author author_name user_id link_id internal body line_id line_quote at",
            _ROW,
        )
    ),
    "files": Columns(
        bound=_each(
            "id company_id document_id message_id author visible name media_type size sha256 at", _ROW
        ),
        checked={"data": _FILE},
    ),
    "share_links": Columns(
        bound=_each(
            "id company_id document_id purpose recipient_name recipient_email version is_main expires_at revoked_at"
            " disabled_at created_at",
            _ROW,
        ),
        working={"last_used_at": "how lately a person came; visits are openings"},
    ),
    "openings": Columns(
        checked={
            **_each(
                "document_id counts first_at last_at",
                "of those that count: compared with the document and the events",
            ),
            **_each(
                "opening_class corrected_at",
                "of corrected ones: as their event says; of those that count: a class that does",
            ),
        },
        working=_each(
            "id company_id link_id gathered views visible_seconds device device_label address network user_agent signals"
            " corrected_by",
            _MEASURED,
        ),
        counts_when="counts",
    ),
    "companies": Columns(
        working=_each(
            "id name legal_form email phone address siren rcs vat_number iban bic terms late_penalty operations"
            " vat_on_debits color logo_sha256 language validity_days payment_days tracking deposit_on_acceptance"
            " part_payments part_minimum_minor attach_pdf code_above_minor created_at",
            _COPIED,
        )
    ),
    "customers": Columns(
        working=_each("id company_id name email language address siren vat_number created_at", _COPIED)
    ),
    "users": Columns(
        working=_each("id company_id name email password_hash news_seen_at created_at", _ACCESS)
    ),
    "login_sessions": Columns(
        working=_each(
            "id user_id created_at expires_at revoked_at user_agent address last_seen_at proved_at", _ACCESS
        )
    ),
    "second_factors": Columns(
        working=_each(
            "user_id secret last_step created_at confirmed_at",
            "how a user signs in; switching it on and off is an event",
        ),
        key=("user_id",),
    ),
    "recovery_codes": Columns(working=_each("id user_id code_hash created_at used_at", _ACCESS)),
    "login_steps": Columns(working=_each("id user_id expires_at spent_at", _ACCESS)),
    "signups": Columns(
        working=_each("id name user_name email password_hash language expires_at", "nobody's company yet")
    ),
    "api_keys": Columns(working=_each("id company_id name key_hash created_at revoked_at", _ACCESS)),
    "decision_codes": Columns(
        working=_each(
            "id company_id document_id link_id email code_hash attempts sent_at expires_at verified_at verified_for",
            "what an acceptance took of it stands in the answer's evidence",
        )
    ),
    "followups": Columns(
        working=_each(
            "id company_id document_id scenario occurrence state mail_id by_name at",
            "keeps a reminder from leaving twice; that it left, or was passed over, is an event",
        )
    ),
    "followup_rules": Columns(
        working=_each(
            "company_id scenario enabled delay_days working_days subject_fr body_fr subject_en body_en since",
            "a setting",
        ),
        key=("company_id", "scenario"),
    ),
    "reminder_stops": Columns(
        working=_each(
            "company_id email link_id at", "a wish that may be taken back; each saying is an event"
        ),
        key=("company_id", "email"),
    ),
    "mail_wordings": Columns(
        working=_each("company_id kind language subject body", "a setting"),
        key=("company_id", "kind", "language"),
    ),
    "notice_choices": Columns(
        working=_each(
            "user_id company_id decisions payments messages openings quiet_from quiet_to", "a setting"
        ),
        key=("user_id",),
    ),
    "notices_sent": Columns(
        working=_each("notification_id user_id at", _DELIVERY), key=("notification_id", "user_id")
    ),
    "notifications": Columns(
        working=_each("id company_id document_id user_id type data at", "news of facts that are events")
    ),
    "incoming_mails": Columns(
        working=_each(
            "id company_id document_id link_id digest message_id sender sender_name subject words files raw state why at"
            " decided_at decided_by",
            "kept until somebody decides; what is accepted becomes a message, which is of record",
        )
    ),
    "outbox_mails": Columns(
        working=_each(
            "id company_id document_id link_id purpose to_name to_email from_name reply_to subject text_body html_body"
            " attachments message_id state attempts next_at leased_until given_up_at last_error created_at sent_at"
            " delivered_at",
            _DELIVERY,
        )
    ),
    "webhooks": Columns(
        working=_each(
            "id company_id url secret old_secret old_secret_until removed_at created_at failures paused_until leased_until",
            _DELIVERY,
        )
    ),
    "webhook_deliveries": Columns(
        working=_each(
            "id webhook_id seq type body state attempts next_at status last_error created_at sent_at",
            _DELIVERY,
        )
    ),
    "idempotent_answers": Columns(
        working=_each("company_id key request_sha256 status body at", _CONVENIENCE), key=("company_id", "key")
    ),
    "used_nonces": Columns(
        working=_each("nonce company_id document_id purpose outcome at", _CONVENIENCE), key=("nonce",)
    ),
    "read_marks": Columns(
        working=_each("document_id side reader_id company_id message_at at", _CONVENIENCE),
        key=("document_id", "side", "reader_id"),
    ),
    "scheduled_tasks": Columns(
        working=_each("id company_id document_id kind subject_id state due_at done_at", _CONVENIENCE)
    ),
    "claims": Columns(working=_each("name owner until", _CONVENIENCE), key=("name",)),
    "payment_accounts": Columns(
        working=_each(
            "id company_id provider mode hint secrets enabled error created_at checked_at payouts_at payouts_error",
            "the connection to a provider; its keys are encrypted",
        )
    ),
    "webhook_events": Columns(
        working=_each("account_id event_id body received_at processed_at error", _PROVIDERS),
        key=("account_id", "event_id"),
    ),
    "payment_serials": Columns(
        working=_each("account_id day taken", "numbers asked of us by a provider; a gap means nothing"),
        key=("account_id", "day"),
    ),
    "payouts": Columns(
        working=_each(
            "id company_id account_id provider mode reference amount_minor currency state is_itemized arrives_on sent_at"
            " updated_at",
            _PROVIDERS,
        )
    ),
    "payout_lines": Columns(
        working=_each("id payout_id kind payment_id reference gross_minor fee_minor", _PROVIDERS)
    ),
}

BOUND = {name: columns for name, columns in TABLES.items() if columns.bound}
START, END = "<!-- columns: made by webdoc_app/domain/of_record.py -->", "<!-- columns end -->"


def as_markdown() -> str:
    """The tables of docs/proof.md, one row for the columns of one kind and one reason."""
    parts = []
    for name, columns in TABLES.items():
        rows = []
        for kind in ("bound", "checked", "working"):
            by_reason: dict[str, list[str]] = {}
            for column, reason in getattr(columns, kind).items():
                by_reason.setdefault(reason, []).append(f"`{column}`")
            of = "working" if kind == "working" else f"of record, {kind}"
            rows += [f"| {', '.join(named)} | {of} | {reason} |" for reason, named in by_reason.items()]
        which = f"Rows of record: those where {columns.counts_when}.\n\n" if columns.counts_when else ""
        parts.append(f"### {name}\n\n{which}| columns | | why |\n|---|---|---|\n" + "\n".join(rows))
    return "\n\n".join(parts)


if __name__ == "__main__":
    page = Path(__file__).resolve().parents[2] / "docs" / "proof.md"
    before, _, rest = page.read_text(encoding="utf-8").partition(START)
    after = rest.partition(END)[2]
    page.write_text(f"{before}{START}\n\n{as_markdown()}\n\n{END}{after}", encoding="utf-8")
