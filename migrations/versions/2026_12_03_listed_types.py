"""Let the search know of each listed instrument what its use is to a voucher."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_03_listed_types"
down_revision = "2026_12_03_service_types"
branch_labels = None
depends_on = None

LISTINGS, COLUMN = "instrument_listings", "service_type"


def upgrade() -> None:
    """service_type of listings; the migration before has said the same of every instrument."""
    op.add_column(
        LISTINGS, sa.Column(COLUMN, sa.String(length=40), nullable=False, server_default="instrument_sharing")
    )


def downgrade() -> None:
    """The search forgets it."""
    op.drop_column(LISTINGS, COLUMN)
