"""Let vouchers be registered that live in the systems of others: which system, and what it calls them."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_02_vouchers_elsewhere"
down_revision = "2026_12_01_clearing"
branch_labels = None
depends_on = None

PROGRAMMES, VOUCHERS, NUMBER = "programmes", "vouchers", "uq_vouchers_number_there"
STANDS = sa.text("state NOT IN ('returned', 'revoked')")


def upgrade() -> None:
    """All programmes and vouchers are ours so far."""
    op.add_column(PROGRAMMES, sa.Column("runs_at", sa.String(length=20), nullable=False, server_default=""))
    op.add_column(VOUCHERS, sa.Column("number_there", sa.String(length=60), nullable=True))
    columns = ["programme_id", "number_there"]
    op.create_index(NUMBER, VOUCHERS, columns, unique=True, postgresql_where=STANDS, sqlite_where=STANDS)


def downgrade() -> None:
    """Refused once there are such programmes: coming back, their vouchers would pass for ours."""
    if op.get_bind().execute(sa.text("SELECT 1 FROM programmes WHERE runs_at <> '' LIMIT 1")).first():
        raise RuntimeError("vouchers of other systems are registered: restore a backup from before the upgrade instead")
    op.drop_index(NUMBER, VOUCHERS)
    op.drop_column(VOUCHERS, "number_there")
    op.drop_column(PROGRAMMES, "runs_at")
