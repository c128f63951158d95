"""How far ahead the people of a user group may book."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_group_horizons"
down_revision = "2026_11_26_enquiries"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A limit for each group that wants one."""
    with op.batch_alter_table("user_groups") as table:
        table.add_column(sa.Column("horizon_days", sa.Integer(), nullable=True))
        table.create_check_constraint(op.f("ck_user_groups_horizon_days"), "horizon_days BETWEEN 1 AND 730")


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("user_groups") as table:
        table.drop_constraint(op.f("ck_user_groups_horizon_days"), type_="check")
        table.drop_column("horizon_days")
