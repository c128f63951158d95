"""Bill what uses cost: statements with their numbers, what was received for them, and what that settled."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from booking.database.guards import make_append_only

revision = "2026_11_28_statements"
down_revision = "2026_11_29_edited_answers"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
WORD = sa.String(length=40)
AMOUNT = sa.BigInteger()
UNBILLED = sa.text("gross_fen <> billed_fen OR captured_fen <> billed_taken_fen")
BILLED = "billed_fen >= 0 AND (billed_taken_fen IS NULL OR billed_taken_fen BETWEEN 0 AND billed_fen)"
GUARDED = ("statements", "statement_items", "receipts", "settlements")


def upgrade() -> None:
    _billed()
    _terms()
    _debtors()
    _statements()
    _items()
    _receipts()
    for name in GUARDED:
        make_append_only(op.get_bind(), name)


def _table(name: str, keys: dict[str, str], *columns: Any, has_id: bool = True) -> None:
    op.create_table(
        name,
        *([sa.Column("id", sa.Integer(), nullable=False)] if has_id else []),
        *columns,
        *(
            sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{name}_{column}_{other}"))
            for column, other in keys.items()
        ),
        *([sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}"))] if has_id else []),
    )


def _number(name: str, *, optional: bool = False) -> Any:
    return sa.Column(name, sa.Integer(), nullable=optional)


def _unique(table: str, *columns: str) -> Any:
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def _check(table: str, name: str, rule: str) -> Any:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def _billed() -> None:
    with op.batch_alter_table("charges") as table:
        table.add_column(sa.Column("billed_fen", AMOUNT, nullable=True))
        table.add_column(sa.Column("billed_taken_fen", AMOUNT, nullable=True))
    op.execute("UPDATE charges SET billed_fen = 0")
    with op.batch_alter_table("charges") as table:
        table.alter_column("billed_fen", existing_type=AMOUNT, nullable=False)
        table.create_check_constraint(op.f("ck_charges_billed"), BILLED)
    op.create_index(
        "ix_charges_unbilled",
        "charges",
        ["organisation_id", "payer_account_id", "user_id"],
        sqlite_where=UNBILLED,
        postgresql_where=UNBILLED,
    )


def _terms() -> None:
    _table(
        "billing_terms",
        {"organisation_id": "organisations"},
        _number("organisation_id"),
        _number("cut_off_day"),
        sa.Column("term_ends", sa.String(length=40), nullable=False),
        _number("pays_within_days"),
        sa.Column("refuses_overdue", sa.Boolean(), nullable=False),
        sa.Column("bank_details", sa.String(length=300), nullable=False),
        _number("version"),
        sa.Column("updated_at", MOMENT, nullable=False),
        _check("billing_terms", "cut_off_day", "cut_off_day BETWEEN 1 AND 31"),
        _check("billing_terms", "pays_within_days", "pays_within_days BETWEEN 0 AND 365"),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_billing_terms")),
        has_id=False,
    )
    _table(
        "statement_series",
        {"organisation_id": "organisations"},
        _number("organisation_id"),
        _number("year"),
        _number("last_number"),
        sa.PrimaryKeyConstraint("organisation_id", "year", name=op.f("pk_statement_series")),
        has_id=False,
    )


def _debtors() -> None:
    sides = ("billed_id", "cash_id", "credit_id", "settled_id")
    keys = {"organisation_id": "organisations", "payer_account_id": "payer_accounts", "user_id": "users"}
    _table(
        "debtors",
        keys | dict.fromkeys(sides, "ledger_accounts"),
        _number("organisation_id"),
        _number("payer_account_id", optional=True),
        _number("user_id", optional=True),
        *(_number(name) for name in sides),
        sa.Column("created_at", MOMENT, nullable=False),
        _unique("debtors", "organisation_id", "payer_account_id"),
        _unique("debtors", "organisation_id", "user_id"),
        *(_unique("debtors", name) for name in sides),
        _check("debtors", "one", "(payer_account_id IS NULL) <> (user_id IS NULL)"),
    )
    op.create_index("ix_debtors_payer_account_id", "debtors", ["payer_account_id"])
    op.create_index("ix_debtors_user_id", "debtors", ["user_id"])
    _table(
        "statement_drafts",
        {"debtor_id": "debtors", "made_by_id": "users"},
        _number("debtor_id"),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("total_fen", AMOUNT, nullable=False),
        _number("item_count"),
        sa.Column("digest", sa.String(length=64), nullable=False),
        _number("made_by_id"),
        sa.Column("created_at", MOMENT, nullable=False),
        _unique("statement_drafts", "debtor_id"),
    )


def _statements() -> None:
    keys = {"organisation_id": "organisations", "debtor_id": "debtors", "open_id": "ledger_accounts"}
    _table(
        "statements",
        keys | {"entry_id": "ledger_entries", "holder_id": "users", "issued_by_id": "users"},
        _number("organisation_id"),
        _number("debtor_id"),
        _number("year"),
        _number("number"),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        *(sa.Column(f"{name}_fen", AMOUNT, nullable=False) for name in ("total", "taken", "due")),
        _number("open_id", optional=True),
        _number("entry_id", optional=True),
        _number("holder_id"),
        sa.Column("told", sa.JSON(), nullable=False),
        _number("issued_by_id"),
        sa.Column("created_at", MOMENT, nullable=False),
        _unique("statements", "organisation_id", "year", "number"),
        _unique("statements", "open_id"),
        _unique("statements", "entry_id"),
        _check("statements", "number", "number > 0"),
        _check("statements", "parts", "total_fen = taken_fen + due_fen"),
        _check("statements", "open", "(due_fen > 0) = (open_id IS NOT NULL)"),
        _check("statements", "entry", "(due_fen = 0) = (entry_id IS NULL)"),
        _check("statements", "due", "(due_fen > 0) = (due_on IS NOT NULL)"),
    )
    op.create_index("ix_statements_debtor_id", "statements", ["debtor_id", "id"])
    op.create_index("ix_statements_holder_id", "statements", ["holder_id"])


def _items() -> None:
    _table(
        "statement_items",
        {"statement_id": "statements", "charge_id": "charges", "last_line_id": "charge_lines"},
        _number("statement_id"),
        _number("charge_id"),
        _number("turn"),
        sa.Column("amount_fen", AMOUNT, nullable=False),
        sa.Column("taken_fen", AMOUNT, nullable=False),
        _number("last_line_id"),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("user_name", sa.String(length=80), nullable=False),
        sa.Column("instrument_zh", sa.String(length=300), nullable=False),
        sa.Column("instrument_en", sa.String(length=300), nullable=False),
        _unique("statement_items", "charge_id", "turn"),
        _check("statement_items", "amount", "turn >= 0 AND (amount_fen <> 0 OR taken_fen <> 0)"),
    )
    op.create_index("ix_statement_items_statement_id", "statement_items", ["statement_id", "id"])


def _receipts() -> None:
    _table(
        "receipts",
        {
            "debtor_id": "debtors",
            "statement_id": "statements",
            "corrects_id": "receipts",
            "entry_id": "ledger_entries",
            "made_by_id": "users",
        },
        _number("debtor_id"),
        _number("statement_id", optional=True),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("amount_fen", AMOUNT, nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("paper", sa.String(length=100), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        _number("corrects_id", optional=True),
        _number("entry_id"),
        _number("made_by_id"),
        sa.Column("created_at", MOMENT, nullable=False),
        _unique("receipts", "corrects_id"),
        _unique("receipts", "entry_id"),
        _check("receipts", "amount", "amount_fen > 0"),
        _check("receipts", "correction", "(kind = 'corrected') = (corrects_id IS NOT NULL)"),
    )
    op.create_index("ix_receipts_debtor_id", "receipts", ["debtor_id", "id"])
    op.create_index("ix_receipts_paper", "receipts", ["paper"])
    _table(
        "settlements",
        {"statement_id": "statements", "entry_id": "ledger_entries"},
        _number("statement_id"),
        sa.Column("amount_fen", AMOUNT, nullable=False),
        _number("entry_id"),
        sa.Column("created_at", MOMENT, nullable=False),
        _unique("settlements", "entry_id"),
        _check("settlements", "amount", "amount_fen <> 0"),
    )
    op.create_index("ix_settlements_statement_id", "settlements", ["statement_id", "id"])
    _table(
        "statement_reminders",
        {"statement_id": "statements"},
        _number("statement_id"),
        sa.Column("sent_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("statement_id", "sent_on", name=op.f("pk_statement_reminders")),
        has_id=False,
    )


def downgrade() -> None:
    """Refused once something was billed, received or set: numbers that were given cannot be given back.

    Drafts hold nothing and are made again; with them go debtors, whose accounts have moved nothing yet.
    """
    for name in ("statements", "receipts", "billing_terms"):
        if op.get_bind().execute(sa.text(f"SELECT 1 FROM {name} LIMIT 1")).first():  # noqa: S608 - our own names
            raise RuntimeError(f"there are {name}: restore a backup from before the upgrade instead")
    sides = " UNION ".join(f"SELECT {side}_id FROM debtors" for side in ("billed", "cash", "credit", "settled"))  # noqa: S608
    unused = [row[0] for row in op.get_bind().execute(sa.text(sides))]
    for name in (
        "statement_reminders",
        "settlements",
        "receipts",
        "statement_items",
        "statements",
        "statement_drafts",
        "debtors",
    ):
        op.drop_table(name)
    gone = sa.text("DELETE FROM ledger_accounts WHERE id IN :ids").bindparams(sa.bindparam("ids", expanding=True))
    op.get_bind().execute(gone, {"ids": unused})
    op.drop_table("statement_series")
    op.drop_table("billing_terms")
    op.drop_index("ix_charges_unbilled", "charges")
    with op.batch_alter_table("charges") as table:
        table.drop_constraint(op.f("ck_charges_billed"), type_="check")
        table.drop_column("billed_taken_fen")
        table.drop_column("billed_fen")
