"""Keep what became of each reservation's time, and what it is charged in the end."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from booking.database.guards import make_append_only

revision = "2026_11_27_charges"
down_revision = "2026_11_28_removed_files"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
WORD = sa.String(length=40)
PAYERS = "payer_accounts"
GUARDED = ("reservation_uses", "charge_lines", "charge_events", "charge_captures")


def upgrade() -> None:
    _captured()
    _uses()
    _older_uses()
    _charges()
    _parts()
    for name in GUARDED:
        make_append_only(op.get_bind(), name)


def _key(table: str, column: str, other: str) -> str:
    return op.f(f"fk_{table}_{column}_{other}")


def _table(name: str, keys: dict[str, str], *columns: Any) -> None:
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        *columns,
        *(
            sa.ForeignKeyConstraint([column], [f"{other}.id"], name=_key(name, column, other))
            for column, other in keys.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )


def _captured() -> None:
    with op.batch_alter_table(PAYERS) as table:
        table.add_column(sa.Column("captured_id", sa.Integer(), nullable=True))
    connection = op.get_bind()
    found = connection.execute(
        sa.text(
            "SELECT p.id, l.name, p.created_at FROM payer_accounts p "
            "JOIN ledger_accounts l ON l.id = p.left_id ORDER BY p.id"
        )
    )
    made = sa.text(
        "INSERT INTO ledger_accounts (name, floor_fen, balance_fen, created_at) "
        "VALUES (:name, 0, 0, :created_at) ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id"
    )
    for payer_id, name, created_at in found.all():
        values = {"name": f"{name.removesuffix(':left')}:captured", "created_at": created_at}
        captured_id = connection.execute(made, values).scalar_one()
        connection.execute(
            sa.text("UPDATE payer_accounts SET captured_id = :captured_id WHERE id = :id"),
            {"captured_id": captured_id, "id": payer_id},
        )
    with op.batch_alter_table(PAYERS) as table:
        table.alter_column("captured_id", existing_type=sa.Integer(), nullable=False)
        named = _key(PAYERS, "captured_id", "ledger_accounts")
        table.create_foreign_key(named, "ledger_accounts", ["captured_id"], ["id"])
        table.create_unique_constraint(op.f(f"uq_{PAYERS}_captured_id"), ["captured_id"])


def _uses() -> None:
    _table(
        "reservation_uses",
        {"reservation_id": "reservations", "confirmed_by_id": "users"},
        sa.Column("reservation_id", sa.Integer(), nullable=False),
        sa.Column("outcome", WORD, nullable=False),
        sa.Column("starts_at", MOMENT, nullable=True),
        sa.Column("ends_at", MOMENT, nullable=True),
        sa.Column("sample_count", sa.Integer(), nullable=True),
        sa.Column("pieces", sa.JSON(), nullable=False),
        sa.Column("note", sa.String(length=600), nullable=False),
        sa.Column("confirmed_by_id", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("(starts_at IS NULL) = (ends_at IS NULL)", name=op.f("ck_reservation_uses_time_whole")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_reservation_uses_positive_length")),
        sa.CheckConstraint(
            "(outcome = 'used') = (starts_at IS NOT NULL)", name=op.f("ck_reservation_uses_used_has_time")
        ),
        sa.UniqueConstraint("reservation_id", name=op.f("uq_reservation_uses_reservation_id")),
    )
    _table(
        "use_reminders",
        {"reservation_id": "reservations"},
        sa.Column("reservation_id", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("sent_at", MOMENT, nullable=False),
        sa.UniqueConstraint("reservation_id", "level", name=op.f("uq_use_reminders_reservation_id_level")),
    )


def _older_uses() -> None:
    """Nobody is told of what ended before uses were confirmed, and it is confirmed one by one only."""
    connection = op.get_bind()
    now = datetime.now(UTC)
    here = now.replace(tzinfo=None) if connection.dialect.name == "sqlite" else now
    older = sa.text(
        "INSERT INTO use_reminders (reservation_id, level, sent_at) "
        "SELECT id, 0, :now FROM reservations WHERE state = 'confirmed' AND ends_at <= :now"
    )
    connection.execute(older.bindparams(sa.bindparam("now", here, MOMENT)))


def _charges() -> None:
    keys = {
        "reservation_id": "reservations",
        "organisation_id": "organisations",
        "instrument_id": "instruments",
        "user_id": "users",
        "payer_account_id": PAYERS,
        "price_policy_id": "price_policies",
        "user_group_id": "user_groups",
    }
    optional = {"payer_account_id", "price_policy_id", "user_group_id"}
    _table(
        "charges",
        keys,
        *(sa.Column(name, sa.Integer(), nullable=name in optional) for name in keys),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("problem", WORD, nullable=True),
        sa.Column("booked_starts_at", MOMENT, nullable=False),
        sa.Column("booked_ends_at", MOMENT, nullable=False),
        sa.Column("used_starts_at", MOMENT, nullable=True),
        sa.Column("used_ends_at", MOMENT, nullable=True),
        sa.Column("estimated_fen", sa.BigInteger(), nullable=False),
        sa.Column("gross_fen", sa.BigInteger(), nullable=False),
        sa.Column("captured_fen", sa.BigInteger(), nullable=False),
        sa.Column("paper_fen", sa.BigInteger(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("reminded_at", MOMENT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("gross_fen >= 0 AND estimated_fen >= 0", name=op.f("ck_charges_amounts")),
        sa.CheckConstraint(
            "captured_fen >= 0 AND paper_fen >= 0 AND captured_fen + paper_fen <= gross_fen",
            name=op.f("ck_charges_parts"),
        ),
        sa.CheckConstraint("payer_account_id IS NOT NULL OR captured_fen = 0", name=op.f("ck_charges_payer")),
        sa.CheckConstraint("booked_starts_at < booked_ends_at", name=op.f("ck_charges_booked")),
        sa.CheckConstraint("(used_starts_at IS NULL) = (used_ends_at IS NULL)", name=op.f("ck_charges_used_whole")),
        sa.UniqueConstraint("reservation_id", name=op.f("uq_charges_reservation_id")),
    )
    for name in ("organisation_id", "instrument_id", "user_id", "payer_account_id"):
        op.create_index(f"ix_charges_{name}", "charges", [name, "id"])
    op.create_index("ix_charges_state_due_at", "charges", ["state", "due_at"])


def _parts() -> None:
    _table(
        "charge_lines",
        {"charge_id": "charges"},
        sa.Column("charge_id", sa.Integer(), nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("unit_fen", sa.BigInteger(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("count", sa.Integer(), nullable=True),
        sa.Column("name_zh", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("why", sa.JSON(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
    )
    op.create_index("ix_charge_lines_charge_id", "charge_lines", ["charge_id", "id"])
    _table(
        "charge_events",
        {"charge_id": "charges", "actor_id": "users"},
        sa.Column("charge_id", sa.Integer(), nullable=False),
        sa.Column("step", WORD, nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("change_fen", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("occurred_at", MOMENT, nullable=False),
    )
    op.create_index("ix_charge_events_charge_id", "charge_events", ["charge_id", "id"])
    op.create_index("ix_charge_events_actor_id", "charge_events", ["actor_id"])
    _table(
        "charge_captures",
        {
            "entry_id": "ledger_entries",
            "charge_id": "charges",
            "payer_account_id": PAYERS,
            "user_id": "users",
            "use_id": "ledger_accounts",
        },
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("charge_id", sa.Integer(), nullable=False),
        sa.Column("payer_account_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("use_id", sa.Integer(), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("amount_fen <> 0", name=op.f("ck_charge_captures_amount")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_charge_captures_entry_id")),
    )
    op.create_index("ix_charge_captures_charge_id", "charge_captures", ["charge_id", "id"])
    op.create_index("ix_charge_captures_payer_account_id", "charge_captures", ["payer_account_id", "id"])
    op.create_index("ix_charge_captures_user_id", "charge_captures", ["user_id"])


def downgrade() -> None:
    """Refused once anything was confirmed or charged: what came of it, and what is owed, would be lost."""
    for name in ("reservation_uses", "charges"):
        if op.get_bind().execute(sa.text(f"SELECT 1 FROM {name} LIMIT 1")).first():  # noqa: S608 - our own names
            raise RuntimeError("uses have been confirmed or charged: restore a backup from before the upgrade instead")
    for name in ("charge_captures", "charge_events", "charge_lines", "charges", "use_reminders", "reservation_uses"):
        op.drop_table(name)
    with op.batch_alter_table(PAYERS) as table:
        table.drop_constraint(op.f(f"uq_{PAYERS}_captured_id"), type_="unique")
        table.drop_constraint(_key(PAYERS, "captured_id", "ledger_accounts"), type_="foreignkey")
        table.drop_column("captured_id")
