"""What the providers pay out to the companies' banks"""

import sqlalchemy as sa

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("payment_accounts", sa.Column("payouts_at", sa.String(length=27), nullable=True))
    op.add_column(
        "payment_accounts", sa.Column("payouts_error", sa.String(), nullable=False, server_default="")
    )
    op.create_table(
        "payouts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("company_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("is_itemized", sa.Boolean(), nullable=False),
        sa.Column("arrives_on", sa.String(length=10), nullable=False),
        sa.Column("sent_at", sa.String(length=27), nullable=False),
        sa.Column("updated_at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"]),
        sa.ForeignKeyConstraint(["account_id"], ["payment_accounts.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_payouts_company", "payouts", ["company_id", "arrives_on"])
    op.create_table(
        "payout_lines",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("payout_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("payment_id", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("gross_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["payout_id"], ["payouts.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_payout_lines_payout_id", "payout_lines", ["payout_id"])
    op.create_index("ix_payout_lines_payment", "payout_lines", ["payment_id"])
