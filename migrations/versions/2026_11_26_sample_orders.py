"""Keep sample orders with their samples, quotes, steps, messages, runs and results."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from booking.database.guards import make_append_only

revision = "2026_11_26_sample_orders"
down_revision = "2026_11_26_erased_visits"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
WORD = sa.String(length=40)


def upgrade() -> None:
    _orders()
    _samples()
    _quotes()
    _said()
    _runs()
    _results()


def _orders() -> None:
    _table(
        "sample_orders",
        {"instrument_id": "instruments", "requested_by_id": "users", "organisation_id": "organisations"},
        sa.Column("number", sa.String(length=30), nullable=True),
        sa.Column("instrument_id", sa.Integer(), nullable=False),
        sa.Column("requested_by_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("state", WORD, nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("sample_count", sa.Integer(), nullable=False),
        sa.Column("description", sa.String(length=2000), nullable=False),
        sa.Column("tests", sa.JSON(), nullable=False),
        sa.Column("other_tests", sa.String(length=600), nullable=False),
        sa.Column("hazards", sa.JSON(), nullable=False),
        sa.Column("hazard_note", sa.String(length=600), nullable=False),
        sa.Column("leftover", WORD, nullable=False),
        sa.Column("return_address", sa.String(length=300), nullable=False),
        sa.Column("report", WORD, nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("quoted_until", sa.Date(), nullable=True),
        sa.Column("accepted_at", MOMENT, nullable=True),
        sa.Column("courier", sa.String(length=60), nullable=False),
        sa.Column("tracking_number", sa.String(length=60), nullable=False),
        sa.Column("received_at", MOMENT, nullable=True),
        sa.Column("queued_at", MOMENT, nullable=True),
        sa.Column("given_back", WORD, nullable=True),
        sa.Column("given_back_at", MOMENT, nullable=True),
        sa.Column("return_courier", sa.String(length=60), nullable=False),
        sa.Column("return_number", sa.String(length=60), nullable=False),
        sa.Column("requested_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("sample_count BETWEEN 1 AND 200", name=op.f("ck_sample_orders_sample_count")),
        sa.CheckConstraint(
            "leftover <> 'return' OR return_address <> ''", name=op.f("ck_sample_orders_return_address")
        ),
        sa.CheckConstraint("state <> 'quoted' OR quoted_until IS NOT NULL", name=op.f("ck_sample_orders_quoted")),
        sa.CheckConstraint("state <> 'queued' OR queued_at IS NOT NULL", name=op.f("ck_sample_orders_queued")),
        sa.CheckConstraint("(given_back IS NULL) = (given_back_at IS NULL)", name=op.f("ck_sample_orders_given_back")),
        sa.UniqueConstraint("number", name=op.f("uq_sample_orders_number")),
    )
    for name, columns in {
        "instrument_id": ["instrument_id", "state", "queued_at"],
        "requested_by_id": ["requested_by_id", "changed_at"],
        "organisation_id": ["organisation_id", "changed_at"],
        "state": ["state", "quoted_until"],
    }.items():
        op.create_index(f"ix_sample_orders_{name}", "sample_orders", columns)


def _samples() -> None:
    _table(
        "samples",
        {"order_id": "sample_orders"},
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("mark", sa.String(length=80), nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("condition", sa.String(length=300), nullable=False),
        sa.CheckConstraint("position > 0", name=op.f("ck_samples_position")),
        sa.UniqueConstraint("order_id", "position", name=op.f("uq_samples_order_id_position")),
    )


def _quotes() -> None:
    _table(
        "sample_quotes",
        {"order_id": "sample_orders", "price_policy_id": "price_policies", "made_by_id": "users"},
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("price_policy_id", sa.Integer(), nullable=True),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("total_fen", sa.BigInteger(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("note", sa.String(length=1000), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.CheckConstraint("total_fen >= 0", name=op.f("ck_sample_quotes_amount")),
    )
    _indices("sample_quotes", "order_id", "price_policy_id")
    make_append_only(op.get_bind(), "sample_quotes")


def _said() -> None:
    _table(
        "sample_order_steps",
        {"order_id": "sample_orders", "actor_id": "users"},
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("occurred_at", MOMENT, nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("step", WORD, nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("reason", sa.String(length=600), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
    )
    _indices("sample_order_steps", "order_id")
    make_append_only(op.get_bind(), "sample_order_steps")
    _table(
        "sample_messages",
        {"order_id": "sample_orders", "author_id": "users"},
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("is_staff", sa.Boolean(), nullable=False),
        sa.Column("text", sa.String(length=4000), nullable=False),
        sa.Column("written_at", MOMENT, nullable=False),
    )
    _indices("sample_messages", "order_id", "author_id")


def _runs() -> None:
    _table(
        "sample_runs",
        {"instrument_id": "instruments", "reservation_id": "reservations", "started_by_id": "users"},
        sa.Column("instrument_id", sa.Integer(), nullable=False),
        sa.Column("reservation_id", sa.Integer(), nullable=False),
        sa.Column("started_by_id", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.UniqueConstraint("reservation_id", name=op.f("uq_sample_runs_reservation_id")),
    )
    _indices("sample_runs", "instrument_id")
    name = "sample_run_orders"
    op.create_table(
        name,
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        *_keys(name, {"run_id": "sample_runs", "order_id": "sample_orders"}),
        sa.PrimaryKeyConstraint("run_id", "order_id", name=op.f(f"pk_{name}")),
    )
    _indices(name, "order_id")


def _results() -> None:
    _table(
        "sample_results",
        {"order_id": "sample_orders", "attachment_id": "attachments", "made_by_id": "users"},
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("attachment_id", sa.Integer(), nullable=False),
        sa.Column("report_number", sa.String(length=60), nullable=False),
        sa.Column("positions", sa.JSON(), nullable=False),
        sa.Column("is_final", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(length=1000), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
    )
    _indices("sample_results", "order_id", "attachment_id")
    make_append_only(op.get_bind(), "sample_results")


def _table(name: str, keys: dict[str, str], *parts: Any) -> None:
    """One table with its id and what it refers to."""
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        *parts,
        *_keys(name, keys),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )


def _keys(name: str, keys: dict[str, str]) -> list[sa.ForeignKeyConstraint]:
    """Columns that name rows of other tables."""
    return [
        sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{name}_{column}_{other}"))
        for column, other in keys.items()
    ]


def _indices(name: str, *columns: str) -> None:
    """An index for each column."""
    for column in columns:
        op.create_index(op.f(f"ix_{name}_{column}"), name, [column])


def downgrade() -> None:
    for name in (
        "sample_results",
        "sample_run_orders",
        "sample_runs",
        "sample_messages",
        "sample_order_steps",
        "sample_quotes",
        "samples",
        "sample_orders",
    ):
        op.drop_table(name)
