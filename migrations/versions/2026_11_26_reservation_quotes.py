"""Keep with each reservation what it was quoted."""

import sqlalchemy as sa
from alembic import op

from booking.database.guards import make_append_only

revision = "2026_11_26_reservation_quotes"
down_revision = "2026_11_26_invited_by_number"
branch_labels = None
depends_on = None

TABLE = "reservation_quotes"
NAMED = {
    "reservation_id": "reservations",
    "price_policy_id": "price_policies",
    "user_group_id": "user_groups",
}


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reservation_id", sa.Integer(), nullable=False),
        sa.Column("price_policy_id", sa.Integer(), nullable=False),
        sa.Column("user_group_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mode", sa.String(length=40), nullable=False),
        sa.Column("sample_count", sa.Integer(), nullable=True),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("total_fen", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name=op.f(f"ck_{TABLE}_positive_length")),
        sa.CheckConstraint("total_fen >= 0", name=op.f(f"ck_{TABLE}_amount")),
        *(
            sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{TABLE}_{column}_{other}"))
            for column, other in NAMED.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
    )
    op.create_index(op.f(f"ix_{TABLE}_reservation_id"), TABLE, ["reservation_id"])
    op.create_index(op.f(f"ix_{TABLE}_price_policy_id"), TABLE, ["price_policy_id"])
    make_append_only(op.get_bind(), TABLE)


def downgrade() -> None:
    op.drop_table(TABLE)
