"""Keep what institutions require of outside uses, and what each such use rests on."""

import sqlalchemy as sa
from alembic import op

from booking.database.guards import make_append_only

revision = "2026_11_28_use_agreements"
down_revision = "2026_11_28_contracts"
branch_labels = None
depends_on = None

SETTINGS, AGREEMENTS = "contract_settings", "use_agreements"


def upgrade() -> None:
    op.create_table(
        SETTINGS,
        sa.Column("organisation_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("requires", sa.Boolean(), nullable=False),
        sa.Column("threshold_fen", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("threshold_fen >= 0", name=op.f("ck_contract_settings_threshold")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_contract_settings_organisation_id_organisations")
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_contract_settings")),
    )
    _agreements()


def _agreements() -> None:
    keys = {
        "organisation_id": "organisations",
        "user_id": "users",
        "party_id": "organisations",
        "reservation_id": "reservations",
        "sample_order_id": "sample_orders",
        "text_id": "contract_texts",
        "contract_id": "contracts",
        "accepted_text_id": "contract_texts",
    }
    needed = ("organisation_id", "user_id")
    op.create_table(
        AGREEMENTS,
        sa.Column("id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=name not in needed) for name in keys),
        sa.Column("need", sa.String(length=40), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_fen", sa.BigInteger(), nullable=True),
        sa.Column("accepted_facts", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(reservation_id IS NULL) <> (sample_order_id IS NULL)", name=op.f("ck_use_agreements_one_use")
        ),
        sa.CheckConstraint("text_id IS NULL OR contract_id IS NULL", name=op.f("ck_use_agreements_one_ground")),
        sa.CheckConstraint("text_id IS NULL OR need = 'order_form'", name=op.f("ck_use_agreements_enough")),
        sa.CheckConstraint(
            "text_id IS NULL OR (accepted_text_id IS NOT NULL AND accepted_text_id = text_id)",
            name=op.f("ck_use_agreements_clicked"),
        ),
        sa.CheckConstraint(
            "(accepted_text_id IS NULL) = (accepted_at IS NULL)", name=op.f("ck_use_agreements_accepted_at")
        ),
        sa.CheckConstraint(
            "(accepted_text_id IS NULL) = (accepted_fen IS NULL)", name=op.f("ck_use_agreements_accepted_fen")
        ),
        sa.CheckConstraint("amount_fen >= 0", name=op.f("ck_use_agreements_amount")),
        *(
            sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{AGREEMENTS}_{column}_{other}"))
            for column, other in keys.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{AGREEMENTS}")),
    )
    for column in ("reservation_id", "sample_order_id", "contract_id", "user_id", "organisation_id"):
        op.create_index(f"ix_{AGREEMENTS}_{column}", AGREEMENTS, [column, "id"])
    make_append_only(op.get_bind(), AGREEMENTS)


def downgrade() -> None:
    """Refused once something is required or a use rests on something: what was accepted would be lost."""
    for name in (AGREEMENTS, SETTINGS):
        if op.get_bind().execute(sa.text(f"SELECT 1 FROM {name} LIMIT 1")).first():  # noqa: S608 - our own names
            raise RuntimeError("uses rest on agreements: restore a backup from before the upgrade instead")
    op.drop_table(AGREEMENTS)
    op.drop_table(SETTINGS)
