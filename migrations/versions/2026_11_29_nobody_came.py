"""Note of a visit that was ended on its first day whether nobody came; in doubt somebody did."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_29_nobody_came"
down_revision = "2026_11_28_fixed_registrations"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """visits.nobody_came."""
    op.add_column("visits", sa.Column("nobody_came", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("visits") as table:
        table.alter_column("nobody_came", existing_type=sa.Boolean(), server_default=None)


def downgrade() -> None:
    """Take it back; what was ended on its first day counts as called off again."""
    with op.batch_alter_table("visits") as table:
        table.drop_column("nobody_came")
