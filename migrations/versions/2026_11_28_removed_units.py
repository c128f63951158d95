"""Note when a unit was removed or merged into another; its row stays for the books and the log."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_removed_units"
down_revision = "2026_11_28_answers_kept"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """units.removed_at."""
    op.add_column("units", sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Take it back; units that were removed are there again, without anything."""
    op.drop_column("units", "removed_at")
