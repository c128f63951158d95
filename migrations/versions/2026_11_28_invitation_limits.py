"""Let the platform allow an organisation more invitations a day, or fewer."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_invitation_limits"
down_revision = "2026_11_28_verified_domains"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No number means the usual one."""
    op.add_column("affiliation_settings", sa.Column("invitations_per_day", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("affiliation_settings", "invitations_per_day")
