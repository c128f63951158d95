"""Let an instrument name fixed slots instead of a grid."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_fixed_slots"
down_revision = "2026_11_26_day_conflicts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("booking_policies", schema=None) as batch_op:
        batch_op.add_column(sa.Column("slots", sa.String(length=1000), nullable=True))
    op.execute("UPDATE booking_policies SET slots = ''")
    with op.batch_alter_table("booking_policies", schema=None) as batch_op:
        batch_op.alter_column("slots", existing_type=sa.String(length=1000), nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("booking_policies", schema=None) as batch_op:
        batch_op.drop_column("slots")
