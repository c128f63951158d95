"""Let an institution give an instrument to another one, from a day on."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_owner_changes"
down_revision = "2026_11_26_backups"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "owner_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("instrument_id", sa.Integer(), nullable=False),
        sa.Column("from_organisation_id", sa.Integer(), nullable=False),
        sa.Column("to_organisation_id", sa.Integer(), nullable=False),
        sa.Column("to_unit_id", sa.Integer(), nullable=True),
        sa.Column("to_inner_id", sa.String(length=150), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=600), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_by_id", sa.Integer(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.String(length=600), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("from_organisation_id <> to_organisation_id", name=op.f("ck_owner_changes_two_owners")),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["instruments.id"], name=op.f("fk_owner_changes_instrument_id_instruments")
        ),
        sa.ForeignKeyConstraint(
            ["from_organisation_id"],
            ["organisations.id"],
            name=op.f("fk_owner_changes_from_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["to_organisation_id"],
            ["organisations.id"],
            name=op.f("fk_owner_changes_to_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(["to_unit_id"], ["units.id"], name=op.f("fk_owner_changes_to_unit_id_units")),
        sa.ForeignKeyConstraint(["proposed_by_id"], ["users.id"], name=op.f("fk_owner_changes_proposed_by_id_users")),
        sa.ForeignKeyConstraint(["answered_by_id"], ["users.id"], name=op.f("fk_owner_changes_answered_by_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_owner_changes")),
    )
    is_open = sa.text("state IN ('proposed', 'accepted')")
    op.create_index(
        "uq_owner_changes_open",
        "owner_changes",
        ["instrument_id"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    op.create_index("ix_owner_changes_instrument_id", "owner_changes", ["instrument_id", "applied_at"])
    op.create_index("ix_owner_changes_from", "owner_changes", ["from_organisation_id", "state"])
    op.create_index("ix_owner_changes_to", "owner_changes", ["to_organisation_id", "state"])


def downgrade() -> None:
    op.drop_table("owner_changes")
