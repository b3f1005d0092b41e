"""What a decision needs to be a proof: options, evidence, one-time codes, certificates, reminders"""

import sqlalchemy as sa

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("companies") as companies:
        companies.add_column(sa.Column("code_above_minor", sa.BigInteger(), nullable=True))
    with op.batch_alter_table("document_lines") as lines:
        lines.add_column(sa.Column("is_optional", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("documents") as documents:
        documents.add_column(sa.Column("options", sa.Text(), nullable=False, server_default="[]"))
        for name in ("options_net_minor", "options_vat_minor"):
            documents.add_column(sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))
    with op.batch_alter_table("outbox_mails") as mails:
        mails.add_column(sa.Column("attachments", sa.Text(), nullable=False, server_default="[]"))
    with op.batch_alter_table("decisions") as decisions:
        decisions.alter_column("amount_minor", type_=sa.BigInteger(), existing_nullable=False)
        decisions.add_column(sa.Column("quality", sa.String(), nullable=False, server_default=""))
        decisions.add_column(sa.Column("options", sa.Text(), nullable=False, server_default="[]"))
        decisions.add_column(sa.Column("recorded_by", sa.String(), nullable=False, server_default=""))
        decisions.add_column(sa.Column("evidence", sa.Text(), nullable=False, server_default="{}"))
        decisions.add_column(sa.Column("signature", sa.LargeBinary(), nullable=True))
        decisions.add_column(sa.Column("signature_sha256", sa.String(), nullable=False, server_default=""))
    _create_codes()
    _create_certificates()
    _create_tasks()


def _create_codes() -> None:
    op.create_table(
        "decision_codes",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("company_id", sa.String(), nullable=False),
        sa.Column("document_id", sa.String(), nullable=False),
        sa.Column("link_id", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.String(27), nullable=False),
        sa.Column("expires_at", sa.String(27), nullable=False),
        sa.Column("verified_at", sa.String(27), nullable=True),
        sa.Column("verified_for", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"]),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_decision_codes_company_id", "decision_codes", ["company_id"])
    op.create_index("ix_decision_codes_link", "decision_codes", ["document_id", "link_id", "sent_at"])


def _create_certificates() -> None:
    op.create_table(
        "certificates",
        sa.Column("event_id", sa.String(length=32), nullable=False),
        sa.Column("format", sa.String(length=4), nullable=False),
        sa.Column("company_id", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"]),
        sa.PrimaryKeyConstraint("event_id", "format"),
    )
    op.create_index("ix_certificates_company_id", "certificates", ["company_id"])


def _create_tasks() -> None:
    op.create_table(
        "scheduled_tasks",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("company_id", sa.String(), nullable=False),
        sa.Column("document_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("due_at", sa.String(27), nullable=False),
        sa.Column("done_at", sa.String(27), nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"]),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    for column in ("company_id", "document_id"):
        op.create_index(f"ix_scheduled_tasks_{column}", "scheduled_tasks", [column])
    op.create_index("ix_scheduled_tasks_due", "scheduled_tasks", ["state", "due_at"])
