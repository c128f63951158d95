"""Keep what pays: payer accounts, who uses them, and what changed their amounts."""

import sqlalchemy as sa
from alembic import op

from booking.database.guards import make_append_only

revision = "2026_11_26_payer_accounts"
down_revision = "2026_11_26_ledger"
branch_labels = None
depends_on = None


def _keys(table: str, **named: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))
        for column, other in named.items()
    ]


def upgrade() -> None:
    _accounts()
    op.create_table(
        "payer_members",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("payer_account_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        *_keys("payer_members", payer_account_id="payer_accounts", user_id="users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payer_members")),
        sa.UniqueConstraint("payer_account_id", "user_id", name=op.f("uq_payer_members_payer_account_id_user_id")),
    )
    op.create_index(op.f("ix_payer_members_user_id"), "payer_members", ["user_id"])
    op.create_table(
        "payer_movements",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("payer_account_id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("receipt_number", sa.String(length=60), nullable=False),
        sa.Column("receipt_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        *_keys("payer_movements", payer_account_id="payer_accounts", entry_id="ledger_entries", made_by_id="users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payer_movements")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_payer_movements_entry_id")),
    )
    op.create_index(op.f("ix_payer_movements_payer_account_id"), "payer_movements", ["payer_account_id"])
    make_append_only(op.get_bind(), "payer_movements")


def _accounts() -> None:
    table = "payer_accounts"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("budget_item", sa.String(length=60), nullable=False),
        sa.Column("holder_id", sa.Integer(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("crosses_provinces", sa.Boolean(), nullable=False),
        sa.Column("province_rule", sa.String(length=300), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("left_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        *_keys(
            table,
            organisation_id="organisations",
            holder_id="users",
            source_id="ledger_accounts",
            left_id="ledger_accounts",
        ),
        sa.CheckConstraint("crosses_provinces = (province_rule <> '')", name=op.f("ck_payer_accounts_rule_given")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payer_accounts")),
        *(sa.UniqueConstraint(one, name=op.f(f"uq_payer_accounts_{one}")) for one in ("source_id", "left_id")),
    )
    op.create_index(op.f("ix_payer_accounts_holder_id"), table, ["holder_id"])
    is_open = sa.text("closed_at IS NULL")
    named = ["organisation_id", "kind", "number"]
    op.create_index("uq_payer_accounts_open", table, named, unique=True, sqlite_where=is_open, postgresql_where=is_open)


def downgrade() -> None:
    for table in ("payer_movements", "payer_members", "payer_accounts"):
        op.drop_table(table)
