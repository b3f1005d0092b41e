"""Mails that come in: answers, held ones, and what bounced"""

import sqlalchemy as sa

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("outbox_mails") as mails:
        mails.add_column(sa.Column("delivered_at", sa.String(27), nullable=True))
    op.create_table(
        "incoming_mails",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("company_id", sa.String(), nullable=False),
        sa.Column("document_id", sa.String(), nullable=False),
        sa.Column("link_id", sa.String(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("message_id", "sender", "sender_name", "subject")
        ),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("decided_at", sa.String(27), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"]),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest"),
    )
    op.create_index("ix_incoming_mails_company_id", "incoming_mails", ["company_id"])
    op.create_index("ix_incoming_mails_thread", "incoming_mails", ["document_id", "state"])
    op.create_table(
        "claims",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("until", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
