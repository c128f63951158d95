"""A wish that was agreed on names the reservation that it became; an offer keeps which rules were set aside, and why."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_agreed_reservations"
down_revision = "2026_11_26_group_horizons"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; wishes agreed on before stay appointments."""
    with op.batch_alter_table("enquiries") as batch_op:
        batch_op.add_column(sa.Column("reservation_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_enquiries_reservation_id_reservations"), "reservations", ["reservation_id"], ["id"]
        )
        batch_op.create_unique_constraint(batch_op.f("uq_enquiries_reservation_id"), ["reservation_id"])
    with op.batch_alter_table("wished_periods") as batch_op:
        batch_op.add_column(sa.Column("override_reason", sa.String(600), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("set_aside", sa.JSON(), nullable=False, server_default="[]"))
    with op.batch_alter_table("wished_periods") as batch_op:
        batch_op.alter_column("override_reason", server_default=None)
        batch_op.alter_column("set_aside", server_default=None)


def downgrade() -> None:
    """Drop the columns."""
    with op.batch_alter_table("wished_periods") as batch_op:
        batch_op.drop_column("set_aside")
        batch_op.drop_column("override_reason")
    with op.batch_alter_table("enquiries") as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_enquiries_reservation_id"), type_="unique")
        batch_op.drop_constraint(batch_op.f("fk_enquiries_reservation_id_reservations"), type_="foreignkey")
        batch_op.drop_column("reservation_id")
