"""Let days run as other days, and let days put over reservations be conflicts."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_day_conflicts"
down_revision = "2026_11_26_announcements"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("calendar_days", schema=None) as batch_op:
        batch_op.add_column(sa.Column("runs_as", sa.Integer(), nullable=True))
        batch_op.create_check_constraint(
            op.f("ck_calendar_days_runs_as_a_day"), "(kind = 'runs_as') = (runs_as IS NOT NULL)"
        )
        batch_op.create_check_constraint(op.f("ck_calendar_days_weekday"), "runs_as IS NULL OR runs_as BETWEEN 1 AND 7")
    with op.batch_alter_table("block_conflicts", schema=None) as batch_op:
        batch_op.alter_column("block_id", existing_type=sa.Integer(), nullable=True)
        batch_op.add_column(sa.Column("calendar_day_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("reason", sa.String(length=600), nullable=True))
    op.execute("UPDATE block_conflicts SET reason = ''")
    with op.batch_alter_table("block_conflicts", schema=None) as batch_op:
        batch_op.alter_column("reason", existing_type=sa.String(length=600), nullable=False)
        batch_op.create_foreign_key(
            op.f("fk_block_conflicts_calendar_day_id_calendar_days"), "calendar_days", ["calendar_day_id"], ["id"]
        )
        batch_op.create_unique_constraint(
            op.f("uq_block_conflicts_calendar_day_id_reservation_id"), ["calendar_day_id", "reservation_id"]
        )
        batch_op.create_check_constraint(
            op.f("ck_block_conflicts_one_cause"), "(block_id IS NULL) <> (calendar_day_id IS NULL)"
        )


def downgrade() -> None:
    op.execute("DELETE FROM block_conflicts WHERE calendar_day_id IS NOT NULL")
    op.execute("UPDATE block_conflicts SET state = 'settled' WHERE state = 'kept'")
    op.execute("UPDATE calendar_days SET kind = 'closing_day', runs_as = NULL WHERE kind IN ('power_cut', 'runs_as')")
    with op.batch_alter_table("block_conflicts", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_block_conflicts_one_cause"), type_="check")
        batch_op.drop_constraint(op.f("uq_block_conflicts_calendar_day_id_reservation_id"), type_="unique")
        batch_op.drop_constraint(op.f("fk_block_conflicts_calendar_day_id_calendar_days"), type_="foreignkey")
        batch_op.drop_column("reason")
        batch_op.drop_column("calendar_day_id")
        batch_op.alter_column("block_id", existing_type=sa.Integer(), nullable=False)
    with op.batch_alter_table("calendar_days", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_calendar_days_weekday"), type_="check")
        batch_op.drop_constraint(op.f("ck_calendar_days_runs_as_a_day"), type_="check")
        batch_op.drop_column("runs_as")
