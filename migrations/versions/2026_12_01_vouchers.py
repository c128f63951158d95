"""Keep vouchers: the books of their programmes, what they hold and have paid, and for which uses."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from booking.database.guards import make_append_only

revision = "2026_12_01_vouchers"
down_revision = "2026_11_30_withheld_results"
branch_labels = None
depends_on = None

BOOKS, VOUCHERS, STEPS, CAPS, RELATIONS = (
    "programme_books",
    "vouchers",
    "voucher_steps",
    "voucher_caps",
    "voucher_relations",
)
WISHES, HOLDS, CAPTURES, PAIRS = "voucher_wishes", "voucher_holds", "voucher_captures", "province_pairs"
TABLES = (BOOKS, VOUCHERS, STEPS, CAPS, RELATIONS, WISHES, HOLDS, CAPTURES, PAIRS)
APPEND_ONLY = (STEPS, RELATIONS, WISHES, HOLDS, CAPTURES)
CHARGES = "charges"
ACCOUNTS, ENTRIES, PROGRAMMES = "ledger_accounts", "ledger_entries", "programmes"
VERSIONS, ORGANISATIONS, USERS = "programme_versions", "organisations", "users"
MOMENT, WORD = sa.DateTime(timezone=True), sa.String(length=40)
ONE_CAUSE = "(reservation_id IS NULL) <> (sample_order_id IS NULL)"


def upgrade() -> None:
    """The nine tables of vouchers, and what vouchers have paid of a charge."""
    _books()
    _vouchers()
    _steps()
    _caps()
    _relations()
    _wishes()
    _holds()
    _captures()
    _pairs()
    for name in APPEND_ONLY:
        make_append_only(op.get_bind(), name)
    op.add_column(CHARGES, sa.Column("voucher_fen", sa.BigInteger(), nullable=False, server_default="0"))
    with op.batch_alter_table(CHARGES) as table:
        table.alter_column("voucher_fen", existing_type=sa.BigInteger(), server_default=None)
        table.create_check_constraint(op.f(f"ck_{CHARGES}_voucher"), "voucher_fen >= 0")


def _books() -> None:
    sides = ("source_id", "budget_id", "committed_id", "paid_id")
    _table(
        BOOKS,
        _number("programme_id"),
        *map(_number, sides),
        _number("last_number"),
        _number("version"),
        _moment("created_at"),
        _key(BOOKS, "programme_id", PROGRAMMES),
        _unique(BOOKS, "programme_id"),
        *_kept(BOOKS, sides),
    )


def _vouchers() -> None:
    sides = ("credit_id", "held_id", "captured_id", "paid_id")
    _table(
        VOUCHERS,
        sa.Column("number", WORD, nullable=False),
        *map(_number, ("programme_id", "sequence", "programme_version_id", "organisation_id")),
        _amount("face_fen"),
        *(sa.Column(name, sa.Date(), nullable=False) for name in ("issued_on", "use_by", "redeem_by")),
        sa.Column("state", WORD, nullable=False),
        *map(_number, sides),
        _number("version"),
        _moment("created_at"),
        _check(VOUCHERS, "face", "face_fen > 0"),
        _check(VOUCHERS, "days_in_order", "use_by <= redeem_by"),
        _key(VOUCHERS, "programme_id", PROGRAMMES),
        _key(VOUCHERS, "programme_version_id", VERSIONS),
        _key(VOUCHERS, "organisation_id", ORGANISATIONS),
        _unique(VOUCHERS, "number"),
        _unique(VOUCHERS, "programme_id", "sequence"),
        *_kept(VOUCHERS, sides),
    )
    op.create_index("ix_vouchers_organisation_id", VOUCHERS, ["organisation_id", "id"])
    op.create_index("ix_vouchers_state_use_by", VOUCHERS, ["state", "use_by"])
    op.create_index("ix_vouchers_redeem_by", VOUCHERS, ["redeem_by"])


def _steps() -> None:
    _table(
        STEPS,
        _number("voucher_id"),
        sa.Column("step", WORD, nullable=False),
        _number("actor_id", nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        _number("entry_id", nullable=True),
        _moment("occurred_at"),
        _key(STEPS, "voucher_id", VOUCHERS),
        _key(STEPS, "actor_id", USERS),
        _key(STEPS, "entry_id", ENTRIES),
        _unique(STEPS, "entry_id"),
    )
    op.create_index("ix_voucher_steps_voucher_id", STEPS, ["voucher_id", "id"])
    op.create_index(op.f("ix_voucher_steps_actor_id"), STEPS, ["actor_id"])


def _caps() -> None:
    sides = ("left_id", "used_id")
    _table(
        CAPS,
        *map(_number, ("organisation_id", "programme_id", "year")),
        _amount("cap_fen"),
        *map(_number, sides),
        _moment("created_at"),
        _check(CAPS, "year", "year BETWEEN 2000 AND 2199"),
        _check(CAPS, "cap", "cap_fen > 0"),
        _key(CAPS, "organisation_id", ORGANISATIONS),
        _key(CAPS, "programme_id", PROGRAMMES),
        _unique(CAPS, "organisation_id", "programme_id", "year"),
        *_kept(CAPS, sides),
    )
    op.create_index(op.f("ix_voucher_caps_programme_id"), CAPS, ["programme_id"])


def _relations() -> None:
    sides = ("authority_id", "organisation_id", "provider_id")
    _table(
        RELATIONS,
        *map(_number, sides),
        sa.Column("is_related", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        _moment("created_at"),
        _number("created_by_id"),
        _check(RELATIONS, "two", "organisation_id <> provider_id"),
        *(_key(RELATIONS, side, ORGANISATIONS) for side in sides),
        _key(RELATIONS, "created_by_id", USERS),
    )
    together = ["organisation_id", "provider_id", "authority_id", "id"]
    op.create_index("ix_voucher_relations_organisation_id", RELATIONS, together)
    op.create_index(op.f("ix_voucher_relations_authority_id"), RELATIONS, ["authority_id"])


def _wishes() -> None:
    _table(
        WISHES,
        *_cause(WISHES),
        _number("organisation_id"),
        _number("voucher_id", nullable=True),
        sa.Column("is_used", sa.Boolean(), nullable=False),
        sa.Column("service_type", WORD, nullable=False),
        *(sa.Column(name, sa.Boolean(), nullable=False) for name in ("is_statutory", "is_related", "is_funded")),
        _number("declared_by_id"),
        _moment("created_at"),
        _key(WISHES, "organisation_id", ORGANISATIONS),
        _key(WISHES, "voucher_id", VOUCHERS),
        _key(WISHES, "declared_by_id", USERS),
    )
    op.create_index("ix_voucher_wishes_reservation_id", WISHES, ["reservation_id", "id"])
    op.create_index("ix_voucher_wishes_sample_order_id", WISHES, ["sample_order_id", "id"])
    op.create_index(op.f("ix_voucher_wishes_organisation_id"), WISHES, ["organisation_id"])
    op.create_index(op.f("ix_voucher_wishes_declared_by_id"), WISHES, ["declared_by_id"])


def _holds() -> None:
    _table(
        HOLDS,
        *map(_number, ("entry_id", "voucher_id", "cap_id")),
        *_cause(HOLDS),
        _amount("amount_fen"),
        sa.Column("decided_by", sa.JSON(), nullable=False),
        _number("programme_version_id"),
        _moment("created_at"),
        _check(HOLDS, "amount", "amount_fen >= 0"),
        *_moved(HOLDS),
    )
    op.create_index("ix_voucher_holds_reservation_id", HOLDS, ["reservation_id", "voucher_id", "id"])
    op.create_index("ix_voucher_holds_sample_order_id", HOLDS, ["sample_order_id", "voucher_id", "id"])
    op.create_index("ix_voucher_holds_voucher_id", HOLDS, ["voucher_id", "id"])


def _captures() -> None:
    _table(
        CAPTURES,
        *map(_number, ("entry_id", "voucher_id", "cap_id", "charge_id")),
        sa.Column("kind", WORD, nullable=False),
        _amount("amount_fen"),
        sa.Column("counts_on", sa.Date(), nullable=False),
        sa.Column("decided_by", sa.JSON(), nullable=False),
        sa.Column("issuer_province", sa.String(length=2), nullable=False),
        sa.Column("provider_province", sa.String(length=2), nullable=False),
        _number("programme_version_id"),
        _moment("created_at"),
        _check(CAPTURES, "amount", "amount_fen <> 0"),
        _check(CAPTURES, "rejected", "kind = 'use' OR amount_fen < 0"),
        _key(CAPTURES, "charge_id", CHARGES),
        *_moved(CAPTURES),
    )
    op.create_index("ix_voucher_captures_charge_id", CAPTURES, ["charge_id", "voucher_id", "id"])
    op.create_index("ix_voucher_captures_voucher_id", CAPTURES, ["voucher_id", "id"])


def _pairs() -> None:
    sides = ("source_id", "captured_id", "paid_id", "owed_id", "settled_id")
    _table(
        PAIRS,
        *(sa.Column(name, sa.String(length=2), nullable=False) for name in ("issuer", "provider")),
        *map(_number, sides),
        _moment("created_at"),
        _unique(PAIRS, "issuer", "provider"),
        *_kept(PAIRS, sides),
    )


def _table(name: str, *parts: Any) -> None:
    """A table with its own number."""
    identity = sa.Column("id", sa.Integer(), nullable=False)
    op.create_table(name, identity, *parts, sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")))


def _cause(table: str) -> tuple[Any, ...]:
    """Either a reservation or a sample order."""
    return (
        _number("reservation_id", nullable=True),
        _number("sample_order_id", nullable=True),
        _check(table, "one_cause", ONE_CAUSE),
        _key(table, "reservation_id", "reservations"),
        _key(table, "sample_order_id", "sample_orders"),
    )


def _moved(table: str) -> tuple[Any, ...]:
    """By which entry, out of which voucher and cap, under which version."""
    return (
        _key(table, "entry_id", ENTRIES),
        _key(table, "voucher_id", VOUCHERS),
        _key(table, "cap_id", CAPS),
        _key(table, "programme_version_id", VERSIONS),
        _unique(table, "entry_id"),
    )


def _kept(table: str, sides: tuple[str, ...]) -> list[Any]:
    """Accounts of the ledger, each of one row alone."""
    return [part for side in sides for part in (_key(table, side, ACCOUNTS), _unique(table, side))]


def _number(name: str, *, nullable: bool = False) -> Any:
    return sa.Column(name, sa.Integer(), nullable=nullable)


def _amount(name: str) -> Any:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _moment(name: str) -> Any:
    return sa.Column(name, MOMENT, nullable=False)


def _check(table: str, name: str, rule: str) -> Any:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def _key(table: str, column: str, other: str) -> Any:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def _unique(table: str, *columns: str) -> Any:
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def downgrade() -> None:
    """Refused once there are vouchers: what authorities promised and uses have taken would be lost."""
    for name in TABLES:
        if op.get_bind().execute(sa.text(f"SELECT 1 FROM {name} LIMIT 1")).first():  # noqa: S608 - our own names
            raise RuntimeError("there are vouchers: restore a backup from before the upgrade instead")
    with op.batch_alter_table(CHARGES) as table:
        table.drop_constraint(op.f(f"ck_{CHARGES}_voucher"), type_="check")
        table.drop_column("voucher_fen")
    for name in (PAIRS, CAPTURES, HOLDS, WISHES, RELATIONS, CAPS, STEPS, VOUCHERS, BOOKS):
        op.drop_table(name)
