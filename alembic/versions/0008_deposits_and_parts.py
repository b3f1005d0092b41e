"""Deposits on acceptance, the smallest part of a bill, and what providers keep"""

import sqlalchemy as sa

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("companies") as companies:
        companies.add_column(
            sa.Column("deposit_on_acceptance", sa.Boolean(), nullable=False, server_default=sa.true())
        )
        companies.add_column(sa.Column("part_minimum_minor", sa.BigInteger(), nullable=True))
    with op.batch_alter_table("payment_attempts") as attempts:
        attempts.add_column(sa.Column("fee_minor", sa.BigInteger(), nullable=True))
