"""Give order forms numbers of their own, without gaps in each year of an institution."""

import sqlalchemy as sa
from alembic import op

from booking.database.guards import make_append_only

revision = "2026_11_30_order_forms"
down_revision = "2026_11_30_billed_to"
branch_labels = None
depends_on = None

SERIES, FORMS = "order_form_series", "order_forms"
KEYS = {
    "organisation_id": "organisations",
    "reservation_id": "reservations",
    "sample_order_id": "sample_orders",
    "user_id": "users",
    "party_id": "organisations",
    "text_id": "contract_texts",
}
NEEDED = ("organisation_id", "user_id", "text_id")


def upgrade() -> None:
    op.create_table(
        SERIES,
        sa.Column("organisation_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f(f"fk_{SERIES}_organisation_id_organisations")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "year", name=op.f(f"pk_{SERIES}")),
    )
    op.create_table(
        FORMS,
        sa.Column("id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=name not in NEEDED) for name in KEYS),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f(f"ck_{FORMS}_number")),
        sa.CheckConstraint("(reservation_id IS NULL) <> (sample_order_id IS NULL)", name=op.f(f"ck_{FORMS}_one_use")),
        sa.CheckConstraint("amount_fen >= 0", name=op.f(f"ck_{FORMS}_amount")),
        *(
            sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{FORMS}_{column}_{other}"))
            for column, other in KEYS.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{FORMS}")),
        sa.UniqueConstraint("organisation_id", "year", "number", name=op.f(f"uq_{FORMS}_organisation_id_year_number")),
    )
    for column in ("reservation_id", "sample_order_id", "user_id", "party_id"):
        op.create_index(f"ix_{FORMS}_{column}", FORMS, [column, "id"])
    make_append_only(op.get_bind(), FORMS)


def downgrade() -> None:
    """Refused once forms have numbers: nobody could give them the same again."""
    if op.get_bind().execute(sa.text(f"SELECT 1 FROM {FORMS} LIMIT 1")).first():  # noqa: S608 - our own name
        raise RuntimeError("there are numbered order forms: restore a backup from before the upgrade instead")
    op.drop_table(FORMS)
    op.drop_table(SERIES)
