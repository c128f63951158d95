"""Keep where instruments stand as dated rows."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_instrument_places"
down_revision = "2026_11_26_arrivals"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "instrument_places",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("instrument_id", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("adcode", sa.String(length=6), nullable=True),
        sa.Column("street", sa.String(length=200), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("note", sa.String(length=600), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["instruments.id"], name=op.f("fk_instrument_places_instrument_id_instruments")
        ),
        sa.ForeignKeyConstraint(["adcode"], ["places.adcode"], name=op.f("fk_instrument_places_adcode_places")),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["users.id"], name=op.f("fk_instrument_places_recorded_by_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instrument_places")),
        sa.UniqueConstraint("instrument_id", "starts_on", name=op.f("uq_instrument_places_instrument_id_starts_on")),
    )
    op.create_index(op.f("ix_instrument_places_starts_on"), "instrument_places", ["starts_on"])


def downgrade() -> None:
    op.drop_table("instrument_places")
