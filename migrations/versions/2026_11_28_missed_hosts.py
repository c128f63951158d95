"""Note from which day a visitor has no host."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_missed_hosts"
down_revision = "2026_11_26_sample_orders"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """visits.host_missed_on."""
    op.add_column("visits", sa.Column("host_missed_on", sa.Date(), nullable=True))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("visits", "host_missed_on")
