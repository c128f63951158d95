"""Say of reservations whether vouchers ever covered a part, so that the others ask nothing."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_01_booked_vouchers"
down_revision = "2026_12_01_charges_with_vouchers"
branch_labels = None
depends_on = None

RESERVATIONS = "reservations"


def upgrade() -> None:
    """Vouchers covered nothing before."""
    op.add_column(RESERVATIONS, sa.Column("uses_vouchers", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Refused once vouchers are used: coming back, nothing that they hold would ever be asked for again."""
    if op.get_bind().execute(sa.text("SELECT 1 FROM voucher_wishes LIMIT 1")).first():
        raise RuntimeError("vouchers are used: restore a backup from before the upgrade instead")
    op.drop_column(RESERVATIONS, "uses_vouchers")
