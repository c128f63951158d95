"""Keep what instruments cost whom, from which day on."""

import sqlalchemy as sa
from alembic import op

from booking.database.guards import make_append_only

revision = "2026_11_26_price_policies"
down_revision = "2026_11_26_awaited_successors"
branch_labels = None
depends_on = None

TABLE = "price_policies"
AMOUNTS = (
    "hourly_fen >= 0 AND (peak_hourly_fen IS NULL OR peak_hourly_fen >= 0) AND minimum_fen >= 0 "
    "AND setup_fen >= 0 AND staff_hourly_fen >= 0 AND sample_fen >= 0"
)
SHARES = "cancel_hours >= 0 AND cancel_share BETWEEN 0 AND 10000 AND no_show_share BETWEEN 0 AND 10000"
CHECKS = {
    "one_place": "(instrument_id IS NULL) <> (unit_id IS NULL)",
    "peak_whole": "(peak_hourly_fen IS NULL) = (peak_hours = '')",
    "amounts": AMOUNTS,
    "step": "step_minutes IN (1, 5, 10, 15, 30, 60)",
    "shares": SHARES,
}
NAMED = {
    "instrument_id": "instruments",
    "unit_id": "units",
    "user_group_id": "user_groups",
    "created_by_id": "users",
}


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("instrument_id", sa.Integer(), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("user_group_id", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("offer", sa.String(length=40), nullable=False),
        sa.Column("hourly_fen", sa.Integer(), nullable=False),
        sa.Column("peak_hourly_fen", sa.Integer(), nullable=True),
        sa.Column("peak_hours", sa.String(length=1000), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("minimum_fen", "setup_fen", "staff_hourly_fen")),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("sample_fen", "step_minutes")),
        *(sa.Column(name, sa.String(length=40), nullable=False) for name in ("rounding", "billed_on")),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("cancel_hours", "cancel_share", "no_show_share")),
        *(sa.Column(name, sa.JSON(), nullable=False) for name in ("extras", "packages")),
        sa.Column("note_zh", sa.String(length=600), nullable=False),
        sa.Column("note_en", sa.String(length=600), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        *(sa.CheckConstraint(text, name=op.f(f"ck_{TABLE}_{name}")) for name, text in CHECKS.items()),
        *(
            sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{TABLE}_{column}_{other}"))
            for column, other in NAMED.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        *(
            sa.UniqueConstraint(
                place,
                "user_group_id",
                "valid_from",
                "revision",
                name=op.f(f"uq_{TABLE}_{place.removesuffix('_id')}_version"),
            )
            for place in ("instrument_id", "unit_id")
        ),
    )
    op.create_index(op.f("ix_price_policies_user_group_id"), TABLE, ["user_group_id"])
    make_append_only(op.get_bind(), TABLE)


def downgrade() -> None:
    op.drop_table(TABLE)
