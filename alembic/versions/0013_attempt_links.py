"""An attempt keeps the link it began with, its language, its signed form, and what was heard of it

The version of the link is not written down anywhere for attempts that stand here already. It is known for one kind
of them: versions begin at 1 and only grow, so a link that is still at 1 was never replaced, and all its attempts were
made with that one. The others keep NULL: for the day their return address is still good it leads to a page in words,
never to the newest address of a link that may have been replaced in between.
"""

import sqlalchemy as sa

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("payment_attempts", sa.Column("link_version", sa.Integer(), nullable=True))
    for name, type_ in (("language", sa.String()), ("form", sa.Text()), ("heard", sa.Text())):
        op.add_column("payment_attempts", sa.Column(name, type_, nullable=False, server_default=""))
    op.execute(
        "UPDATE payment_attempts SET link_version = 1"
        " WHERE link_id IN (SELECT id FROM share_links WHERE version = 1)"
    )
