"""Keep what provinces owe each other for vouchers: month statements, their figures, and what was done with them."""

import sqlalchemy as sa
from alembic import op

from booking.database.guards import make_append_only

revision = "2026_12_01_clearing"
down_revision = "2026_12_01_redemptions"
branch_labels = None
depends_on = None

STATEMENTS, FIGURES, EVENTS = "clearing_statements", "clearing_figures", "clearing_events"
ENTRIES, POSTED = "ledger_entries", "ix_ledger_entries_created_at"
AMOUNTS = ("captured_fen", "given_back_fen", "not_approved_fen", "paid_fen", "clawed_back_fen", "owed_fen")
ONCE = sa.text("step IN ('confirm', 'settle')")
MOMENT, PROVINCE = sa.DateTime(timezone=True), sa.String(length=2)


def upgrade() -> None:
    """clearing_statements, clearing_figures, clearing_events; entries of the ledger by when they were posted."""
    _statements()
    _figures()
    _events()
    for table in (STATEMENTS, FIGURES, EVENTS):
        make_append_only(op.get_bind(), table)
    op.create_index(POSTED, ENTRIES, ["created_at"])


def _statements() -> None:
    op.create_table(
        STATEMENTS,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("low_province", PROVINCE, nullable=False),
        sa.Column("high_province", PROVINCE, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("last_transfer_id", sa.Integer(), nullable=False),
        sa.Column("net_fen", sa.BigInteger(), nullable=False),
        sa.Column("province", PROVINCE, nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("closed_by_id", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        _rule(STATEMENTS, "provinces_in_order", "low_province < high_province"),
        _rule(STATEMENTS, "number", "number > 0"),
        _key(STATEMENTS, "last_transfer_id", "ledger_transfers"),
        _key(STATEMENTS, "organisation_id", "organisations"),
        _key(STATEMENTS, "closed_by_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{STATEMENTS}")),
        _unique(STATEMENTS, "low_province", "high_province", "month"),
        _unique(STATEMENTS, "low_province", "high_province", "number"),
    )


def _figures() -> None:
    op.create_table(
        FIGURES,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("statement_id", sa.Integer(), nullable=False),
        sa.Column("issuer_province", PROVINCE, nullable=False),
        sa.Column("provider_province", PROVINCE, nullable=False),
        sa.Column("way", sa.String(length=40), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in AMOUNTS),
        _rule(FIGURES, "two_provinces", "issuer_province <> provider_province"),
        _rule(FIGURES, "owed", "way = 'advance_then_net' OR owed_fen = 0"),
        _key(FIGURES, "statement_id", STATEMENTS),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{FIGURES}")),
        _unique(FIGURES, "statement_id", "issuer_province", "provider_province", "way"),
    )


def _events() -> None:
    op.create_table(
        EVENTS,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("statement_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("province", PROVINCE, nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("settled_on", sa.Date(), nullable=True),
        sa.Column("receipt", sa.String(length=60), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        _rule(EVENTS, "settled", "(step = 'settle') = (settled_on IS NOT NULL)"),
        _rule(EVENTS, "entry", "step = 'settle' OR entry_id IS NULL"),
        _rule(EVENTS, "text", "step NOT IN ('object', 'answer') OR text <> ''"),
        _key(EVENTS, "statement_id", STATEMENTS),
        _key(EVENTS, "organisation_id", "organisations"),
        _key(EVENTS, "actor_id", "users"),
        _key(EVENTS, "entry_id", ENTRIES),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{EVENTS}")),
        _unique(EVENTS, "entry_id"),
    )
    op.create_index("ix_clearing_events_statement_id", EVENTS, ["statement_id", "id"])
    op.create_index(
        "uq_clearing_events_once",
        EVENTS,
        ["statement_id", "step"],
        unique=True,
        sqlite_where=ONCE,
        postgresql_where=ONCE,
    )


def _rule(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def _key(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def downgrade() -> None:
    """Refused once there are statements: what provinces agreed on would be lost."""
    if op.get_bind().execute(sa.text(f"SELECT 1 FROM {STATEMENTS} LIMIT 1")).first():  # noqa: S608 - our own name
        raise RuntimeError("there are clearing statements: restore a backup from before the upgrade instead")
    op.drop_index(POSTED, ENTRIES)
    for name in (EVENTS, FIGURES, STATEMENTS):
        op.drop_table(name)
