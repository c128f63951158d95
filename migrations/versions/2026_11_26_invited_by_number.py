"""Team invitations by staff number."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_invited_by_number"
down_revision = "2026_11_26_aimed_announcements"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """By which number somebody was invited."""
    op.add_column(
        "team_invitations", sa.Column("staff_number", sa.String(length=40), nullable=False, server_default="")
    )
    with op.batch_alter_table("team_invitations") as table:
        table.alter_column("staff_number", server_default=None)


def downgrade() -> None:
    """Take it back."""
    op.drop_column("team_invitations", "staff_number")
