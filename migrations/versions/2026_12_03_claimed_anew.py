"""Keep until when what a redemption refused can be claimed anew."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_03_claimed_anew"
down_revision = "2026_12_02_charges_by_invoice"
branch_labels = None
depends_on = None

REDEMPTIONS, COLUMN = "redemptions", "again_until"


def upgrade() -> None:
    """again_until of redemptions; null for what was refused before, which had no such term."""
    op.add_column(REDEMPTIONS, sa.Column(COLUMN, sa.Date(), nullable=True))


def downgrade() -> None:
    """Refused once something lapsed: the version before does not know what lapsed."""
    lapsed = "SELECT 1 FROM voucher_captures WHERE kind = 'lapsed' LIMIT 1"
    if op.get_bind().execute(sa.text(lapsed)).first():
        raise RuntimeError("amounts have lapsed: restore a backup from before the upgrade instead")
    op.drop_column(REDEMPTIONS, COLUMN)
