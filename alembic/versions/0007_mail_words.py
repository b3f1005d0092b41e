"""Mails in the company's own words, with the PDF where it wants so; no more reminders; messages about a line"""

import sqlalchemy as sa

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("messages") as messages:
        messages.add_column(sa.Column("line_id", sa.String(), nullable=True))
        messages.add_column(sa.Column("line_quote", sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("companies") as companies:
        companies.add_column(sa.Column("attach_pdf", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "mail_wordings",
        sa.Column("company_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"]),
        sa.PrimaryKeyConstraint("company_id", "kind", "language"),
    )
    op.create_table(
        "reminder_stops",
        sa.Column("company_id", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("link_id", sa.String(), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"]),
        sa.PrimaryKeyConstraint("company_id", "email"),
    )
