"""Keep the ledger: accounts, entries and the transfers that they are made of."""

import sqlalchemy as sa
from alembic import op

from booking.database.guards import keep_balances, make_append_only

revision = "2026_11_26_ledger"
down_revision = "2026_11_26_reservation_quotes"
branch_labels = None
depends_on = None

TRANSFERS = "ledger_transfers"


def upgrade() -> None:
    op.create_table(
        "ledger_accounts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("floor_fen", sa.BigInteger(), nullable=True),
        sa.Column("balance_fen", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("floor_fen IS NULL OR balance_fen >= floor_fen", name=op.f("ck_ledger_accounts_floor")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_accounts")),
        sa.UniqueConstraint("name", name=op.f("uq_ledger_accounts_name")),
    )
    op.create_table(
        "ledger_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("cause", sa.String(length=60), nullable=False),
        sa.Column("corrects_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["corrects_id"], ["ledger_entries.id"], name=op.f("fk_ledger_entries_corrects_id_ledger_entries")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entries")),
        sa.UniqueConstraint("key", name=op.f("uq_ledger_entries_key")),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_ledger_entries_corrects_id")),
    )
    _transfers()
    connection = op.get_bind()
    keep_balances(connection)
    make_append_only(connection, "ledger_entries")
    make_append_only(connection, TRANSFERS)


def _transfers() -> None:
    named = {
        "entry_id": "ledger_entries",
        "from_account_id": "ledger_accounts",
        "to_account_id": "ledger_accounts",
    }
    op.create_table(
        TRANSFERS,
        sa.Column("id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in named),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_ledger_transfers_amount")),
        sa.CheckConstraint("from_account_id <> to_account_id", name=op.f("ck_ledger_transfers_two_accounts")),
        *(
            sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{TRANSFERS}_{column}_{other}"))
            for column, other in named.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_transfers")),
    )
    op.create_index(op.f("ix_ledger_transfers_entry_id"), TRANSFERS, ["entry_id"])
    for side in ("from_account_id", "to_account_id"):
        op.create_index(op.f(f"ix_ledger_transfers_{side}"), TRANSFERS, [side, "id"])


def downgrade() -> None:
    for table in (TRANSFERS, "ledger_entries", "ledger_accounts"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION post_transfer()")
