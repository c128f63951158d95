"""Say of charges whether vouchers ever held something for what they are for, so that the others ask nothing."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_01_charges_with_vouchers"
down_revision = "2026_12_01_voucher_reminders"
branch_labels = None
depends_on = None

CHARGES = "charges"


def upgrade() -> None:
    """Nothing was held by vouchers before."""
    op.add_column(CHARGES, sa.Column("uses_vouchers", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Take it back."""
    op.drop_column(CHARGES, "uses_vouchers")
