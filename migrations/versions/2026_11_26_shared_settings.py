"""Let institutions and units set contacts, opening hours and booking rules once for their instruments."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_shared_settings"
down_revision = "2026_11_26_new_addresses"
branch_labels = None
depends_on = None

NO_UNIT = sa.text("unit_id IS NULL")


def upgrade() -> None:
    op.create_table(
        "shared_settings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("policy", sa.JSON(), nullable=False),
        sa.Column("opening_hours", sa.String(length=1000), nullable=True),
        sa.Column("contact_name", sa.String(length=80), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("postcode", sa.String(length=6), nullable=False),
        sa.Column("contact_visibility", sa.String(length=40), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_shared_settings_organisation_id_organisations")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_shared_settings_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shared_settings")),
        sa.UniqueConstraint("unit_id", name=op.f("uq_shared_settings_unit_id")),
    )
    op.create_index("ix_shared_settings_organisation_id", "shared_settings", ["organisation_id"])
    op.create_index(
        "uq_shared_settings_organisation",
        "shared_settings",
        ["organisation_id"],
        unique=True,
        sqlite_where=NO_UNIT,
        postgresql_where=NO_UNIT,
    )
    for table, column, kind, filled in (
        ("instruments", "inherits", sa.String(length=400), "UPDATE instruments SET inherits = ''"),
        ("units", "version", sa.Integer(), "UPDATE units SET version = 1"),
    ):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column(column, kind, nullable=True))
        op.execute(filled)
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.alter_column(column, existing_type=kind, nullable=False)


def downgrade() -> None:
    for table, column in (("units", "version"), ("instruments", "inherits")):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column(column)
    op.drop_table("shared_settings")
