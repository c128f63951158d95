"""Record invoices that were issued elsewhere, and what each one covers."""

import sqlalchemy as sa
from alembic import op

from booking.database.guards import make_append_only

revision = "2026_11_28_invoices"
down_revision = "2026_11_28_statements"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    keys = {
        "organisation_id": "organisations",
        "debtor_id": "debtors",
        "reverses_id": "invoices",
        "recorded_by_id": "users",
    }
    op.create_table(
        "invoices",
        sa.Column("id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=name == "reverses_id") for name in keys),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("tax_number", sa.String(length=20), nullable=False),
        sa.Column("rate", sa.Integer(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "amount_fen <> 0 AND (amount_fen < 0) = (reverses_id IS NOT NULL)", name=op.f("ck_invoices_sign")
        ),
        sa.CheckConstraint("rate BETWEEN 0 AND 10000", name=op.f("ck_invoices_rate")),
        sa.CheckConstraint("turn >= 0", name=op.f("ck_invoices_turn")),
        *(
            sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_invoices_{column}_{other}"))
            for column, other in keys.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoices")),
        sa.UniqueConstraint("organisation_id", "number", "turn", name=op.f("uq_invoices_organisation_id_number_turn")),
        sa.UniqueConstraint("reverses_id", "turn", name=op.f("uq_invoices_reverses_id_turn")),
    )
    op.create_index("ix_invoices_debtor_id", "invoices", ["debtor_id", "id"])
    op.create_table(
        "invoice_items",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.Column("statement_id", sa.Integer(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_fen <> 0", name=op.f("ck_invoice_items_amount")),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name=op.f("fk_invoice_items_invoice_id_invoices")),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["statements.id"], name=op.f("fk_invoice_items_statement_id_statements")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_items")),
        sa.UniqueConstraint("invoice_id", "statement_id", name=op.f("uq_invoice_items_invoice_id_statement_id")),
    )
    op.create_index("ix_invoice_items_statement_id", "invoice_items", ["statement_id", "id"])
    op.create_table(
        "invoice_withdrawals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoices.id"], name=op.f("fk_invoice_withdrawals_invoice_id_invoices")
        ),
        sa.ForeignKeyConstraint(["made_by_id"], ["users.id"], name=op.f("fk_invoice_withdrawals_made_by_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_withdrawals")),
        sa.UniqueConstraint("invoice_id", name=op.f("uq_invoice_withdrawals_invoice_id")),
    )
    for name in ("invoices", "invoice_items", "invoice_withdrawals"):
        make_append_only(op.get_bind(), name)


def downgrade() -> None:
    """Refused once an invoice was recorded: what was recorded would be lost."""
    if op.get_bind().execute(sa.text("SELECT 1 FROM invoices LIMIT 1")).first():
        raise RuntimeError("invoices have been recorded: restore a backup from before the upgrade instead")
    op.drop_table("invoice_withdrawals")
    op.drop_table("invoice_items")
    op.drop_table("invoices")
