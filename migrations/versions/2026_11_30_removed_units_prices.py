"""Withdraw the prices of units that were removed: they hold no more, also where the unit comes back."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "2026_11_30_removed_units_prices"
down_revision = "2026_11_30_recognitions"
branch_labels = None
depends_on = None

CHINA = timedelta(hours=8)
MOMENT = sa.DateTime(timezone=True)
UNITS = sa.table("units", sa.column("id", sa.Integer), sa.column("removed_at", MOMENT))
PRICES = sa.table(
    "price_policies",
    *(sa.column(name, sa.Integer) for name in ("unit_id", "user_group_id", "revision", "created_by_id")),
    sa.column("valid_from", sa.Date),
    sa.column("created_at", MOMENT),
    *(sa.column(name, sa.String) for name in ("offer", "reason", "peak_hours", "rounding", "billed_on")),
    *(sa.column(name, sa.String) for name in ("note_zh", "note_en")),
    *(sa.column(name, sa.Integer) for name in ("hourly_fen", "minimum_fen", "setup_fen", "staff_hourly_fen")),
    *(sa.column(name, sa.Integer) for name in ("sample_fen", "step_minutes", "cancel_hours", "cancel_share")),
    sa.column("no_show_share", sa.Integer),
    *(sa.column(name, sa.JSON) for name in ("extras", "packages")),
)
NOTHING: dict[str, Any] = {
    "offer": "withdrawn",
    **dict.fromkeys(("reason", "peak_hours", "note_zh", "note_en"), ""),
    **dict.fromkeys(("hourly_fen", "minimum_fen", "setup_fen", "staff_hourly_fen", "sample_fen"), 0),
    **{"step_minutes": 1, "rounding": "fen", "billed_on": "booked"},
    **{"cancel_hours": 24, "cancel_share": 0, "no_show_share": 0},
    **{"extras": [], "packages": []},
}


def upgrade() -> None:
    connection = op.get_bind()
    removed = sa.select(UNITS.c.id, UNITS.c.removed_at).where(UNITS.c.removed_at.is_not(None))
    for unit_id, removed_at in connection.execute(removed).all():
        if made := list(_withdrawn(connection, unit_id, removed_at)):
            connection.execute(sa.insert(PRICES), made)


def _withdrawn(connection: sa.Connection, unit_id: int, removed_at: datetime) -> Iterator[dict[str, Any]]:
    """The rows that end what a unit's prices said on the day on which it was removed, and on later ones."""
    moment = removed_at if removed_at.tzinfo is not None else removed_at.replace(tzinfo=UTC)
    ended_on = (moment.astimezone(UTC) + CHINA).date()
    columns = PRICES.c.user_group_id, PRICES.c.valid_from, PRICES.c.revision, PRICES.c.offer, PRICES.c.created_by_id
    theirs = sa.select(*columns).where(PRICES.c.unit_id == unit_id).order_by(PRICES.c.valid_from, PRICES.c.revision)
    last: dict[tuple[int, date], Any] = {}
    holding: dict[int, Any] = {}
    for row in connection.execute(theirs):
        last[row.user_group_id, row.valid_from] = row
        if row.valid_from <= ended_on:
            holding[row.user_group_id] = row
    days = {(group_id, ended_on): row for group_id, row in holding.items()}
    days |= {key: row for key, row in last.items() if key[1] > ended_on}
    for (group_id, day), row in days.items():
        if row.offer == "withdrawn":
            continue
        before = last.get((group_id, day))
        yield NOTHING | {
            "unit_id": unit_id,
            "user_group_id": group_id,
            "valid_from": day,
            "revision": before.revision + 1 if before else 1,
            "created_by_id": row.created_by_id,
            "created_at": removed_at,
        }


def downgrade() -> None:
    """The rows stay: prices are append-only, and those of removed units hold for nothing."""
