"""Let sample orders be paid from payer accounts and charged, as reservations are."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from booking.database.guards import make_append_only

revision = "2026_11_30_sample_charges"
down_revision = "2026_11_30_unbilled_charges"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
ORDERS, CHARGES, HOLDS = "sample_orders", "charges", "payer_holds"
ONE_CAUSE = "(reservation_id IS NULL) <> (sample_order_id IS NULL)"
KEYS = {"accepted_by_id": "users", "payer_account_id": "payer_accounts"}


def upgrade() -> None:
    """Who accepted an order and what pays for it; holds and charges of orders beside those of reservations."""
    with op.batch_alter_table(ORDERS) as table:
        for column, other in KEYS.items():
            table.add_column(sa.Column(column, sa.Integer(), nullable=True))
            table.create_foreign_key(op.f(f"fk_{ORDERS}_{column}_{other}"), other, [column], ["id"])
        table.add_column(sa.Column("answer_by", MOMENT, nullable=True))
        table.create_check_constraint(op.f(f"ck_{ORDERS}_answer_by"), "answer_by IS NULL OR state = 'reported'")
        table.create_check_constraint(
            op.f(f"ck_{ORDERS}_payer"), "payer_account_id IS NULL OR accepted_by_id IS NOT NULL"
        )
    for column in KEYS:
        op.create_index(op.f(f"ix_{ORDERS}_{column}"), ORDERS, [column])
    op.create_index(f"ix_{ORDERS}_answer_by", ORDERS, ["state", "answer_by"])
    with op.batch_alter_table(CHARGES) as table:
        _cause(table, CHARGES)
        table.create_unique_constraint(op.f(f"uq_{CHARGES}_sample_order_id"), ["sample_order_id"])
        table.create_check_constraint(
            op.f(f"ck_{CHARGES}_kind_of_cause"), "(sample_order_id IS NULL) = (kind <> 'samples')"
        )
    with op.batch_alter_table(HOLDS) as table:
        _cause(table, HOLDS)
    op.create_index(f"ix_{HOLDS}_sample_order_id", HOLDS, ["sample_order_id", "id"])
    _guard_again()


def _cause(table: Any, name: str) -> None:
    table.add_column(sa.Column("sample_order_id", sa.Integer(), nullable=True))
    table.create_foreign_key(op.f(f"fk_{name}_sample_order_id_{ORDERS}"), ORDERS, ["sample_order_id"], ["id"])
    table.alter_column("reservation_id", existing_type=sa.Integer(), nullable=True)
    table.create_check_constraint(op.f(f"ck_{name}_one_cause"), ONE_CAUSE)


def _guard_again() -> None:
    """A table that SQLite has built anew has lost its triggers."""
    if op.get_bind().dialect.name == "sqlite":
        make_append_only(op.get_bind(), HOLDS)


def downgrade() -> None:
    """Refused once an order was paid for or charged, or what was done of it was said: that would be lost."""
    said = "SELECT 1 FROM sample_order_steps WHERE step IN ('count', 'release') LIMIT 1"
    held = (f"SELECT 1 FROM {name} WHERE sample_order_id IS NOT NULL LIMIT 1" for name in (HOLDS, CHARGES))  # noqa: S608 - our own names
    for used in (said, *held):
        if op.get_bind().execute(sa.text(used)).first():
            raise RuntimeError("sample orders have been charged: restore a backup from before the upgrade instead")
    op.drop_index(f"ix_{HOLDS}_sample_order_id", HOLDS)
    with op.batch_alter_table(HOLDS) as table:
        _only_reservations(table, HOLDS)
    with op.batch_alter_table(CHARGES) as table:
        table.drop_constraint(op.f(f"ck_{CHARGES}_kind_of_cause"), type_="check")
        table.drop_constraint(op.f(f"uq_{CHARGES}_sample_order_id"), type_="unique")
        _only_reservations(table, CHARGES)
    op.drop_index(f"ix_{ORDERS}_answer_by", ORDERS)
    for column in KEYS:
        op.drop_index(op.f(f"ix_{ORDERS}_{column}"), ORDERS)
    with op.batch_alter_table(ORDERS) as table:
        table.drop_constraint(op.f(f"ck_{ORDERS}_payer"), type_="check")
        table.drop_constraint(op.f(f"ck_{ORDERS}_answer_by"), type_="check")
        table.drop_column("answer_by")
        for column, other in KEYS.items():
            table.drop_constraint(op.f(f"fk_{ORDERS}_{column}_{other}"), type_="foreignkey")
            table.drop_column(column)
    _guard_again()


def _only_reservations(table: Any, name: str) -> None:
    table.drop_constraint(op.f(f"ck_{name}_one_cause"), type_="check")
    table.drop_constraint(op.f(f"fk_{name}_sample_order_id_{ORDERS}"), type_="foreignkey")
    table.drop_column("sample_order_id")
    table.alter_column("reservation_id", existing_type=sa.Integer(), nullable=False)
