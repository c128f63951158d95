"""Let each instrument say within how many working days its owner decides."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_22_decision_days"
down_revision = "2026_11_22_search_index"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("booking_policies", schema=None) as batch_op:
        batch_op.add_column(sa.Column("decision_days", sa.Integer(), nullable=True))
    op.execute("UPDATE booking_policies SET decision_days = 3")
    with op.batch_alter_table("booking_policies", schema=None) as batch_op:
        batch_op.alter_column("decision_days", existing_type=sa.Integer(), nullable=False)
        batch_op.create_check_constraint(op.f("ck_booking_policies_decision"), "decision_days > 0")


def downgrade() -> None:
    with op.batch_alter_table("booking_policies", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_booking_policies_decision"), type_="check")
        batch_op.drop_column("decision_days")
