"""Say of each instrument what its use is to a voucher."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_03_service_types"
down_revision = "2026_12_03_redemption_offices"
branch_labels = None
depends_on = None

TABLE, COLUMN = "instruments", "service_type"
TYPES = ("instrument_sharing", "shared_laboratory", "testing", "proof_of_concept", "pilot_scale", "computing")


def upgrade() -> None:
    """All are shared instruments, as vouchers took them until now.

    Written out, because SQLite adds a column with its check without making the table anew, which claims refer to.
    """
    words = ", ".join(f"'{one}'" for one in TYPES)
    op.execute(
        f"ALTER TABLE {TABLE} ADD COLUMN {COLUMN} VARCHAR(40) DEFAULT '{TYPES[0]}' NOT NULL "
        f"CONSTRAINT ck_{TABLE}_{COLUMN} CHECK ({COLUMN} IN ({words}))"
    )


def downgrade() -> None:
    """Refused once an instrument is something else: the version before would let vouchers pay too much for it."""
    other = "SELECT 1 FROM instruments WHERE service_type <> 'instrument_sharing' LIMIT 1"
    if op.get_bind().execute(sa.text(other)).first():
        raise RuntimeError("instruments have service types: restore a backup from before the upgrade instead")
    op.drop_column(TABLE, COLUMN)
