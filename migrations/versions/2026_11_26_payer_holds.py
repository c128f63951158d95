"""Hold what a reservation costs in the payer account that pays for it, within its members' limits."""

import sqlalchemy as sa
from alembic import op

from booking.database.guards import make_append_only

revision = "2026_11_26_payer_holds"
down_revision = "2026_11_26_payer_accounts"
branch_labels = None
depends_on = None

ACCOUNTS, MEMBERS, HOLDS = "payer_accounts", "payer_members", "payer_holds"
SIDES = {"held_id": ("held", 0), "used_id": ("used", None)}


def _key(table: str, column: str, other: str) -> str:
    return op.f(f"fk_{table}_{column}_{other}")


def upgrade() -> None:
    _payer_accounts()
    _members()
    _holds()
    with op.batch_alter_table("reservations") as table:
        table.add_column(sa.Column("payer_account_id", sa.Integer(), nullable=True))
        named = _key("reservations", "payer_account_id", ACCOUNTS)
        table.create_foreign_key(named, ACCOUNTS, ["payer_account_id"], ["id"])
    with op.batch_alter_table("booking_policies") as table:
        table.add_column(sa.Column("needs_payer", sa.Boolean(), nullable=True))
    op.execute(sa.text("UPDATE booking_policies SET needs_payer = :no").bindparams(no=False))
    with op.batch_alter_table("booking_policies") as table:
        table.alter_column("needs_payer", existing_type=sa.Boolean(), nullable=False)


def _payer_accounts() -> None:
    with op.batch_alter_table(ACCOUNTS) as table:
        for column in SIDES:
            table.add_column(sa.Column(column, sa.Integer(), nullable=True))
        table.add_column(sa.Column("other_provinces", sa.String(length=300), nullable=True))
        table.drop_constraint(op.f("ck_payer_accounts_rule_given"), type_="check")
    _open_sides()
    _name_provinces()
    with op.batch_alter_table(ACCOUNTS) as table:
        table.alter_column("other_provinces", existing_type=sa.String(length=300), nullable=False)
        table.drop_column("crosses_provinces")
        table.create_check_constraint(
            op.f("ck_payer_accounts_rule_given"), "(other_provinces = '') = (province_rule = '')"
        )
        for column in SIDES:
            table.alter_column(column, existing_type=sa.Integer(), nullable=False)
            table.create_foreign_key(_key(ACCOUNTS, column, "ledger_accounts"), "ledger_accounts", [column], ["id"])
            table.create_unique_constraint(op.f(f"uq_payer_accounts_{column}"), [column])


def _open(name: str, floor: int | None, created_at: object) -> int:
    connection = op.get_bind()
    values = {"name": name, "floor": floor, "created_at": created_at}
    made = sa.text(
        "INSERT INTO ledger_accounts (name, floor_fen, balance_fen, created_at) "
        "VALUES (:name, :floor, 0, :created_at) RETURNING id"
    )
    return int(connection.execute(made, values).scalar_one())


def _open_sides() -> None:
    connection = op.get_bind()
    found = connection.execute(
        sa.text(
            "SELECT p.id, l.name, p.created_at FROM payer_accounts p "
            "JOIN ledger_accounts l ON l.id = p.left_id ORDER BY p.id"
        )
    )
    for payer_id, name, created_at in found.all():
        sides = {
            column: _open(f"{name.removesuffix(':left')}:{side}", floor, created_at)
            for column, (side, floor) in SIDES.items()
        }
        values = {**sides, "id": payer_id}
        connection.execute(
            sa.text("UPDATE payer_accounts SET held_id = :held_id, used_id = :used_id WHERE id = :id"), values
        )


def _name_provinces() -> None:
    connection = op.get_bind()
    every = list(connection.scalars(sa.text("SELECT adcode FROM places WHERE level = 'province' ORDER BY adcode")))
    found = connection.execute(
        sa.text(
            "SELECT p.id, p.crosses_provinces, p.province_rule, o.adcode FROM payer_accounts p "
            "JOIN organisations o ON o.id = p.organisation_id"
        )
    )
    for payer_id, crosses, rule, adcode in found.all():
        others = [one for one in every if one[:2] != (adcode or "")[:2]] if crosses else []
        # A rule without any province to name stands for nothing.
        connection.execute(
            sa.text("UPDATE payer_accounts SET other_provinces = :others, province_rule = :rule WHERE id = :id"),
            {"others": " ".join(others), "rule": rule if others else "", "id": payer_id},
        )


def _members() -> None:
    with op.batch_alter_table(MEMBERS) as table:
        table.add_column(sa.Column("use_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("limit_fen", sa.BigInteger(), nullable=True))
    connection = op.get_bind()
    found = connection.execute(sa.text("SELECT id, payer_account_id, user_id, created_at FROM payer_members"))
    for member_id, payer_id, user_id, created_at in found.all():
        use_id = _open(f"payer:{payer_id}:use:{user_id}", None, created_at)
        connection.execute(
            sa.text("UPDATE payer_members SET use_id = :use_id WHERE id = :id"), {"use_id": use_id, "id": member_id}
        )
    with op.batch_alter_table(MEMBERS) as table:
        table.alter_column("use_id", existing_type=sa.Integer(), nullable=False)
        table.create_foreign_key(_key(MEMBERS, "use_id", "ledger_accounts"), "ledger_accounts", ["use_id"], ["id"])
        table.create_unique_constraint(op.f("uq_payer_members_use_id"), ["use_id"])
        table.create_check_constraint(op.f("ck_payer_members_limit"), "limit_fen >= 0")


def _holds() -> None:
    keys = {
        "entry_id": "ledger_entries",
        "reservation_id": "reservations",
        "payer_account_id": ACCOUNTS,
        "user_id": "users",
        "use_id": "ledger_accounts",
    }
    op.create_table(
        HOLDS,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("reservation_id", sa.Integer(), nullable=False),
        sa.Column("payer_account_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("use_id", sa.Integer(), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_fen >= 0", name=op.f("ck_payer_holds_amount")),
        *(
            sa.ForeignKeyConstraint([column], [f"{other}.id"], name=_key(HOLDS, column, other))
            for column, other in keys.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payer_holds")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_payer_holds_entry_id")),
    )
    op.create_index("ix_payer_holds_reservation_id", HOLDS, ["reservation_id", "id"])
    op.create_index("ix_payer_holds_payer_account_id", HOLDS, ["payer_account_id", "id"])
    op.create_index("ix_payer_holds_user_id", HOLDS, ["user_id", "payer_account_id", "id"])
    make_append_only(op.get_bind(), HOLDS)


def downgrade() -> None:
    with op.batch_alter_table("booking_policies") as table:
        table.drop_column("needs_payer")
    with op.batch_alter_table("reservations") as table:
        table.drop_constraint(_key("reservations", "payer_account_id", ACCOUNTS), type_="foreignkey")
        table.drop_column("payer_account_id")
    op.drop_table(HOLDS)
    with op.batch_alter_table(MEMBERS) as table:
        table.drop_constraint(op.f("ck_payer_members_limit"), type_="check")
        table.drop_constraint(op.f("uq_payer_members_use_id"), type_="unique")
        table.drop_constraint(_key(MEMBERS, "use_id", "ledger_accounts"), type_="foreignkey")
        table.drop_column("use_id")
        table.drop_column("limit_fen")
    with op.batch_alter_table(ACCOUNTS) as table:
        table.add_column(sa.Column("crosses_provinces", sa.Boolean(), nullable=True))
        table.drop_constraint(op.f("ck_payer_accounts_rule_given"), type_="check")
        for column in SIDES:
            table.drop_constraint(op.f(f"uq_payer_accounts_{column}"), type_="unique")
            table.drop_constraint(_key(ACCOUNTS, column, "ledger_accounts"), type_="foreignkey")
            table.drop_column(column)
    op.execute("UPDATE payer_accounts SET crosses_provinces = (other_provinces <> '')")
    with op.batch_alter_table(ACCOUNTS) as table:
        table.drop_column("other_provinces")
        table.alter_column("crosses_provinces", existing_type=sa.Boolean(), nullable=False)
        table.create_check_constraint(op.f("ck_payer_accounts_rule_given"), "crosses_provinces = (province_rule <> '')")
