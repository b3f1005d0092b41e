"""What grows is bounded: openings gathered, webhooks claimed whole, no link in a mail's text"""

import sqlalchemy as sa

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("openings", sa.Column("gathered", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("ix_openings_class_last", "openings", ["opening_class", "last_at"])
    op.add_column("webhooks", sa.Column("failures", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("webhooks", sa.Column("paused_until", sa.String(27), nullable=True))
    op.add_column("webhooks", sa.Column("leased_until", sa.String(27), nullable=True))
    with op.batch_alter_table("webhook_deliveries") as deliveries:
        deliveries.drop_column("leased_until")
        deliveries.add_column(sa.Column("seq", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("ix_webhook_deliveries_waiting", "webhook_deliveries", ["webhook_id", "state", "next_at"])
    # What waited for an address that was removed is not tried any more, so nothing else would end it.
    op.execute(
        "UPDATE webhook_deliveries SET state = 'dead', last_error = 'removed' WHERE state = 'queued'"
        " AND webhook_id IN (SELECT id FROM webhooks WHERE removed_at IS NOT NULL)"
    )
