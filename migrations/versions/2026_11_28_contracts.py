"""Keep contracts with outside users: their texts by version, signatures, and what happened to them."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from booking.database.guards import freeze_signed_contracts, make_append_only

revision = "2026_11_28_contracts"
down_revision = "2026_11_28_invoices"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
WORD = sa.String(length=40)


def upgrade() -> None:
    _texts()
    _contracts()
    _signatures()
    _events()


def _texts() -> None:
    name = "contract_texts"
    _table(
        name,
        {"organisation_id": "organisations", "made_by_id": "users"},
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("clauses", sa.JSON(), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=True),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_contract_texts_number")),
        sa.UniqueConstraint("organisation_id", "number", name=op.f("uq_contract_texts_organisation_id_number")),
    )
    make_append_only(op.get_bind(), name)


def _contracts() -> None:
    name = "contracts"
    _table(
        name,
        {
            "organisation_id": "organisations",
            "party_id": "organisations",
            "instrument_id": "instruments",
            "sample_order_id": "sample_orders",
            "text_id": "contract_texts",
            "asked_by_id": "users",
        },
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("party_id", sa.Integer(), nullable=False),
        sa.Column("party_name", sa.String(length=200), nullable=False),
        sa.Column("party_name_en", sa.String(length=200), nullable=False),
        sa.Column("party_uscc", sa.String(length=18), nullable=False),
        sa.Column("owner_name", sa.String(length=200), nullable=False),
        sa.Column("owner_name_en", sa.String(length=200), nullable=False),
        sa.Column("owner_uscc", sa.String(length=18), nullable=False),
        sa.Column("scope", WORD, nullable=False),
        sa.Column("instrument_id", sa.Integer(), nullable=True),
        sa.Column("sample_order_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("remark", sa.String(length=1000), nullable=False),
        sa.Column("text_id", sa.Integer(), nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.Column("signed_at", MOMENT, nullable=True),
        sa.Column("ending_told_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("ck_contracts_days_in_order")),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_contracts_amount")),
        sa.CheckConstraint("organisation_id <> party_id", name=op.f("ck_contracts_two_parties")),
        sa.CheckConstraint(
            "(scope = 'instrument') = (instrument_id IS NOT NULL)", name=op.f("ck_contracts_instrument")
        ),
        sa.CheckConstraint(
            "(scope = 'sample_order') = (sample_order_id IS NOT NULL)", name=op.f("ck_contracts_sample_order")
        ),
        sa.CheckConstraint("state <> 'signed' OR signed_at IS NOT NULL", name=op.f("ck_contracts_signed")),
        sa.UniqueConstraint("organisation_id", "number", name=op.f("uq_contracts_organisation_id_number")),
    )
    for index, columns in {
        "organisation_id": ["organisation_id", "state", "ends_on"],
        "party_id": ["party_id", "state", "ends_on"],
        "state": ["state", "ends_on"],
        "instrument_id": ["instrument_id"],
        "sample_order_id": ["sample_order_id"],
    }.items():
        op.create_index(f"ix_{name}_{index}", name, columns)
    freeze_signed_contracts(op.get_bind())


def _signatures() -> None:
    name = "contract_signatures"
    _table(
        name,
        {"contract_id": "contracts", "attachment_id": "attachments", "made_by_id": "users"},
        sa.Column("contract_id", sa.Integer(), nullable=False),
        sa.Column("side", WORD, nullable=False),
        sa.Column("handed_in_by", WORD, nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("attachment_id", sa.Integer(), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.UniqueConstraint("contract_id", "side", name=op.f("uq_contract_signatures_contract_id_side")),
    )
    op.create_index(op.f(f"ix_{name}_attachment_id"), name, ["attachment_id"])
    make_append_only(op.get_bind(), name)


def _events() -> None:
    name = "contract_events"
    _table(
        name,
        {"contract_id": "contracts", "actor_id": "users"},
        sa.Column("contract_id", sa.Integer(), nullable=False),
        sa.Column("occurred_at", MOMENT, nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("step", WORD, nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("reason", sa.String(length=600), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
    )
    for column in ("contract_id", "actor_id"):
        op.create_index(op.f(f"ix_{name}_{column}"), name, [column])
    make_append_only(op.get_bind(), name)


def _table(name: str, keys: dict[str, str], *parts: Any) -> None:
    """One table with its id and what it refers to."""
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        *parts,
        *(
            sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{name}_{column}_{other}"))
            for column, other in keys.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )


def downgrade() -> None:
    """Refused once there are contracts or an institution's own terms: what was agreed on would be lost."""
    for kept in ("contracts", "contract_texts WHERE made_by_id IS NOT NULL"):
        if op.get_bind().execute(sa.text(f"SELECT 1 FROM {kept} LIMIT 1")).first():  # noqa: S608 - our own names
            raise RuntimeError("there are contracts: restore a backup from before the upgrade instead")
    for name in ("contract_events", "contract_signatures", "contracts", "contract_texts"):
        op.drop_table(name)
