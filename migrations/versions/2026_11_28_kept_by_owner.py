"""Leave enquiries and sample orders that were over with the institution that had the instrument then."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_kept_by_owner"
down_revision = "2026_11_28_lost_files"
branch_labels = None
depends_on = None

TABLES = ("enquiries", "sample_orders")


def upgrade() -> None:
    for name in TABLES:
        with op.batch_alter_table(name) as table:
            table.add_column(sa.Column("kept_by_id", sa.Integer(), nullable=True))
            table.add_column(sa.Column("kept_unit_id", sa.Integer(), nullable=True))
            table.create_foreign_key(
                op.f(f"fk_{name}_kept_by_id_organisations"), "organisations", ["kept_by_id"], ["id"]
            )
            table.create_foreign_key(op.f(f"fk_{name}_kept_unit_id_units"), "units", ["kept_unit_id"], ["id"])
            table.create_index(op.f(f"ix_{name}_kept_by_id"), ["kept_by_id"])
    _keep()


def _keep() -> None:
    """Who gave the instrument away next after something had ended keeps it."""
    enquiries, orders, steps, changes = (
        sa.table(name, *(sa.column(column) for column in columns.split()))
        for name, columns in {
            "enquiries": "instrument_id state changed_at kept_by_id",
            "sample_orders": "id instrument_id state kept_by_id",
            "sample_order_steps": "order_id state occurred_at",
            "owner_changes": "instrument_id from_organisation_id state applied_at",
        }.items()
    )
    ends = ("done", "refused", "cancelled")
    ended = sa.select(sa.func.min(steps.c.occurred_at)).where(steps.c.order_id == orders.c.id, steps.c.state.in_(ends))
    over = {enquiries: enquiries.c.changed_at, orders: ended.scalar_subquery()}
    for table, ended_at in over.items():
        given = changes.c.state == "applied", changes.c.applied_at >= ended_at
        giver = sa.select(changes.c.from_organisation_id).where(
            changes.c.instrument_id == table.c.instrument_id, *given
        )
        keeper = giver.order_by(changes.c.applied_at).limit(1).scalar_subquery()
        op.execute(table.update().where(table.c.state.in_(("closed", *ends))).values(kept_by_id=keeper))


def downgrade() -> None:
    for name in TABLES:
        with op.batch_alter_table(name) as table:
            table.drop_index(op.f(f"ix_{name}_kept_by_id"))
            table.drop_constraint(op.f(f"fk_{name}_kept_unit_id_units"), type_="foreignkey")
            table.drop_constraint(op.f(f"fk_{name}_kept_by_id_organisations"), type_="foreignkey")
            table.drop_column("kept_unit_id")
            table.drop_column("kept_by_id")
