"""Payments online: accounts, attempts, notices, and what they make of a document"""

import sqlalchemy as sa

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("documents") as documents:
        for name in ("refunded_minor", "processing_minor", "disputed_minor"):
            documents.add_column(sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))
    with op.batch_alter_table("companies") as companies:
        companies.add_column(
            sa.Column("part_payments", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    _create_accounts()
    _create_attempts()
    op.create_table(
        "webhook_events",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(length=200), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.String(27), nullable=False),
        sa.Column("processed_at", sa.String(27), nullable=True),
        sa.Column("error", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["payment_accounts.id"]),
        sa.PrimaryKeyConstraint("account_id", "event_id"),
    )


def _create_accounts() -> None:
    op.create_table(
        "payment_accounts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("company_id", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("hint", sa.String(), nullable=False),
        sa.Column("secrets", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("checked_at", sa.String(27), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("company_id", "provider", "mode"),
    )
    op.create_index("ix_payment_accounts_company_id", "payment_accounts", ["company_id"])


def _create_attempts() -> None:
    texts = ("link_id", "provider", "mode", "currency", "state", "reference", "captured_id", "receipt_url")
    op.create_table(
        "payment_attempts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("company_id", sa.String(), nullable=False),
        sa.Column("document_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("return_id", sa.String(length=64), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in (*texts, "reason", "dispute")),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("due_minor", sa.BigInteger(), nullable=False),
        sa.Column("refunded_minor", sa.BigInteger(), nullable=False),
        *(
            sa.Column(name, sa.String(27), nullable=False)
            for name in ("expires_at", "created_at", "updated_at")
        ),
        *(
            sa.Column(name, sa.String(27), nullable=True)
            for name in ("claimed_until", "next_check_at", "returned_at")
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"]),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"]),
        sa.ForeignKeyConstraint(["account_id"], ["payment_accounts.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("return_id"),
    )
    for name, columns in (
        ("document", ["document_id", "created_at"]),
        ("reference", ["account_id", "reference"]),
        ("next", ["next_check_at"]),
    ):
        op.create_index(f"ix_payment_attempts_{name}", "payment_attempts", columns)
