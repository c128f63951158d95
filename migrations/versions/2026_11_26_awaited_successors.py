"""Roles of people who have left, kept until somebody else holds them."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_awaited_successors"
down_revision = "2026_11_26_handed_invitations"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The day on which a kept role should have ended."""
    op.add_column("grants", sa.Column("due_to_end_on", sa.Date(), nullable=True))


def downgrade() -> None:
    """Take it back: kept roles end."""
    grants = sa.table("grants", sa.column("ends_on", sa.Date), sa.column("due_to_end_on", sa.Date))
    starts_on = sa.column("starts_on", sa.Date)
    last = sa.case((grants.c.due_to_end_on < starts_on, starts_on), else_=grants.c.due_to_end_on)
    earlier = sa.or_(grants.c.ends_on.is_(None), grants.c.ends_on > last)
    op.execute(grants.update().where(grants.c.due_to_end_on.is_not(None), earlier).values(ends_on=last))
    op.drop_column("grants", "due_to_end_on")
