"""Numbers of payment forms, one after the other on a day"""

import sqlalchemy as sa

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "payment_serials",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("day", sa.String(length=8), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["payment_accounts.id"]),
        sa.PrimaryKeyConstraint("account_id", "day"),
    )
