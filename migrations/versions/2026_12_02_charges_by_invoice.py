"""Keep with charges by which invoice's day their vouchers were weighed last."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_02_charges_by_invoice"
down_revision = "2026_12_02_verified_withdrawn"
branch_labels = None
depends_on = None

CHARGES = "charges"


def upgrade() -> None:
    """Vouchers were weighed by the day of the use so far."""
    op.add_column(CHARGES, sa.Column("invoiced_on", sa.Date(), nullable=True))


def downgrade() -> None:
    """Vouchers are weighed by the day of the use again when a charge changes."""
    op.drop_column(CHARGES, "invoiced_on")
