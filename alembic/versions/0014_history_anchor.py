"""Signed events, what they bind, and the keys they were signed with"""

import sqlalchemy as sa

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("events", sa.Column("bound", sa.Text(), nullable=False, server_default=""))
    op.add_column("events", sa.Column("mac", sa.String(), nullable=False, server_default=""))
    op.add_column("event_heads", sa.Column("mac", sa.String(), nullable=False, server_default=""))
    op.add_column("event_heads", sa.Column("sealed_seq", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("event_heads", sa.Column("mailed_month", sa.String(), nullable=False, server_default=""))
    op.create_table(
        "history_keys",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("wrapped", sa.Text(), nullable=False),
        sa.Column("created_at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    # A company without an event has rows to seal all the same.
    op.execute(
        "INSERT INTO event_heads (company_id, seq, hash) SELECT id, 0, '' FROM companies"
        " WHERE id NOT IN (SELECT company_id FROM event_heads)"
    )
