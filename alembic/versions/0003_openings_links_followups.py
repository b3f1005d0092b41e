"""What makes an opening true, links with a life, and following up"""

import sqlalchemy as sa

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("companies") as companies:
        companies.add_column(sa.Column("tracking", sa.Boolean(), nullable=False, server_default=sa.true()))
        companies.add_column(sa.Column("operations", sa.String(), nullable=False, server_default=""))
        companies.add_column(
            sa.Column("vat_on_debits", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    with op.batch_alter_table("documents") as documents:
        documents.add_column(sa.Column("visits", sa.Integer(), nullable=False, server_default="0"))
        documents.add_column(sa.Column("last_visit_at", sa.String(27), nullable=True))
        documents.add_column(
            sa.Column("followups_paused", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    with op.batch_alter_table("share_links") as links:
        links.add_column(sa.Column("disabled_at", sa.String(27), nullable=True))
        links.add_column(sa.Column("last_used_at", sa.String(27), nullable=True))
    with op.batch_alter_table("outbox_mails") as mails:
        mails.add_column(sa.Column("link_id", sa.String(), nullable=True))
    _widen_openings()
    _create_followups()


def _widen_openings() -> None:
    with op.batch_alter_table("openings") as openings:
        openings.add_column(sa.Column("counts", sa.Boolean(), nullable=False, server_default=sa.false()))
        openings.add_column(sa.Column("views", sa.Integer(), nullable=False, server_default="1"))
        openings.add_column(sa.Column("visible_seconds", sa.Integer(), nullable=False, server_default="0"))
        for name in ("address", "network", "device_label", "corrected_by"):
            openings.add_column(sa.Column(name, sa.String(), nullable=False, server_default=""))
        openings.add_column(sa.Column("signals", sa.Text(), nullable=False, server_default="[]"))
        openings.add_column(sa.Column("corrected_at", sa.String(27), nullable=True))
    op.create_index("ix_openings_last", "openings", ["last_at"])
    # What was counted so far had been confirmed by the page itself: a gesture, or two seconds in view.
    op.execute(
        sa.text(
            "UPDATE openings SET opening_class = 'engaged', counts = :yes WHERE opening_class = 'client'"
        ).bindparams(sa.bindparam("yes", True, type_=sa.Boolean()))
    )
    for column, of in (("visits", "count(*)"), ("last_visit_at", "max(last_at)")):
        op.execute(
            sa.text(
                f"UPDATE documents SET {column} = (SELECT {of} FROM openings"
                " WHERE openings.document_id = documents.id AND openings.opening_class = 'engaged')"
            )
        )


def _create_followups() -> None:
    op.create_table(
        "followup_rules",
        sa.Column("company_id", sa.String(), nullable=False),
        sa.Column("scenario", sa.String(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("delay_days", sa.Integer(), nullable=False),
        sa.Column("working_days", sa.Boolean(), nullable=False),
        sa.Column("subject_fr", sa.String(), nullable=False),
        sa.Column("body_fr", sa.Text(), nullable=False),
        sa.Column("subject_en", sa.String(), nullable=False),
        sa.Column("body_en", sa.Text(), nullable=False),
        sa.Column("since", sa.String(27), nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"]),
        sa.PrimaryKeyConstraint("company_id", "scenario"),
    )
    op.create_table(
        "followups",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("company_id", sa.String(), nullable=False),
        sa.Column("document_id", sa.String(), nullable=False),
        sa.Column("scenario", sa.String(), nullable=False),
        sa.Column("occurrence", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("mail_id", sa.String(), nullable=True),
        sa.Column("by_name", sa.String(), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"]),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("document_id", "scenario", "occurrence"),
    )
    op.create_index("ix_followups_company_id", "followups", ["company_id"])
