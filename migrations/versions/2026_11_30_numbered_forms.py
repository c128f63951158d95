"""Number the order forms that were accepted before, in their order, with the names that are known today."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "2026_11_30_numbered_forms"
down_revision = "2026_11_30_order_forms"
branch_labels = None
depends_on = None

CHINA = timedelta(hours=8)
ACCEPTED = sa.text(
    """
    SELECT a.organisation_id, a.reservation_id, a.sample_order_id, a.user_id, a.party_id,
           a.accepted_text_id AS text_id, a.accepted_at, a.accepted_fen AS amount_fen, a.accepted_facts AS facts,
           o.name_zh AS owner_zh, o.name_en AS owner_en, o.uscc AS owner_uscc,
           p.name_zh AS party_zh, p.name_en AS party_en, p.uscc AS party_uscc,
           u.name AS "user", i.name_zh AS instrument_zh, i.name_en AS instrument_en,
           r.purpose AS purpose, s.number AS order_number, s.title AS order_title
    FROM use_agreements AS a
    JOIN organisations AS o ON o.id = a.organisation_id
    JOIN users AS u ON u.id = a.user_id
    LEFT JOIN organisations AS p ON p.id = a.party_id
    LEFT JOIN reservations AS r ON r.id = a.reservation_id
    LEFT JOIN sample_orders AS s ON s.id = a.sample_order_id
    JOIN instruments AS i ON i.id = COALESCE(r.instrument_id, s.instrument_id)
    WHERE a.accepted_text_id IS NOT NULL
    ORDER BY a.accepted_at, a.id
    """
).columns(accepted_at=sa.DateTime(timezone=True), facts=sa.JSON())
FORMS = sa.table(
    "order_forms",
    *(sa.column(name, sa.Integer) for name in ("organisation_id", "reservation_id", "sample_order_id")),
    *(sa.column(name, sa.Integer) for name in ("user_id", "party_id", "text_id", "year", "number")),
    sa.column("amount_fen", sa.BigInteger),
    sa.column("accepted_at", sa.DateTime(timezone=True)),
    sa.column("told", sa.JSON),
)
SERIES = sa.table(
    "order_form_series", *(sa.column(name, sa.Integer) for name in ("organisation_id", "year", "last_number"))
)
SAME = ("organisation_id", "reservation_id", "sample_order_id", "user_id", "party_id", "text_id", "amount_fen")
CALLED = (
    *("owner_zh", "owner_en", "owner_uscc", "party_zh", "party_en", "party_uscc"),
    *("user", "instrument_zh", "instrument_en", "purpose", "order_number", "order_title"),
)


def upgrade() -> None:
    connection, numbers = op.get_bind(), Counter[tuple[int, int]]()
    for form in _forms(connection, numbers):
        connection.execute(sa.insert(FORMS).values(form))
    for (organisation_id, year), last in numbers.items():
        values = {"organisation_id": organisation_id, "year": year, "last_number": last}
        connection.execute(sa.insert(SERIES).values(values))


def _forms(connection: sa.Connection, numbers: Counter[tuple[int, int]]) -> Iterator[dict[str, Any]]:
    """One form for each click: later rows of the same use carry it along."""
    seen = set()
    for row in connection.execute(ACCEPTED).all():
        click = row.reservation_id, row.sample_order_id, row.user_id, row.accepted_at
        if click in seen:
            continue
        seen.add(click)
        year = _year(row.accepted_at)
        numbers[row.organisation_id, year] += 1
        called = {name: getattr(row, name) or "" for name in CALLED}
        yield {name: getattr(row, name) for name in SAME} | {
            "year": year,
            "number": numbers[row.organisation_id, year],
            "accepted_at": row.accepted_at,
            "told": called | dict(row.facts or {}),
        }


def _year(moment: datetime) -> int:
    """The year of a moment in China."""
    known = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return (known.astimezone(UTC) + CHINA).year


def downgrade() -> None:
    """Numbers that were given stay; the tables refuse to go while they have any."""
