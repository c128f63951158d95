"""search index."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_22_search_index"
down_revision = "2026_11_22_asked_mails"
branch_labels = None
depends_on = None

# The tokeniser hands over finished terms, so the engines must not split or fold them again.
SQLITE_TEXTS = """
CREATE VIRTUAL TABLE instrument_texts USING fts5(
  title, headline, whole, tokenize = 'ascii', detail = 'column', prefix = '1', columnsize = 0
)
"""
POSTGRESQL_TEXTS = """
CREATE TABLE instrument_texts (
  instrument_id integer PRIMARY KEY,
  title tsvector NOT NULL,
  headline tsvector NOT NULL,
  whole tsvector NOT NULL
)
"""


def upgrade() -> None:
    """search index."""
    op.create_table(
        "instrument_listings",
        sa.Column("instrument_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("class_1", sa.String(length=6), nullable=True),
        sa.Column("class_2", sa.String(length=6), nullable=True),
        sa.Column("class_3", sa.String(length=6), nullable=True),
        sa.Column("province", sa.String(length=6), nullable=True),
        sa.Column("city", sa.String(length=6), nullable=True),
        sa.Column("district", sa.String(length=6), nullable=True),
        sa.Column("booking_mode", sa.String(length=40), nullable=False),
        sa.Column("is_in_service", sa.Boolean(), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("name_key", sa.String(length=160), nullable=False),
        sa.Column("name_length", sa.Integer(), nullable=False),
        sa.Column("opening_hours", sa.Text(), nullable=False),
        sa.Column("closes_on_holidays", sa.Boolean(), nullable=False),
        sa.Column("hides_free_time", sa.Boolean(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["instrument_id"],
            ["instruments.id"],
            name=op.f("fk_instrument_listings_instrument_id_instruments"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_instrument_listings_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("instrument_id", name=op.f("pk_instrument_listings")),
    )
    with op.batch_alter_table("instrument_listings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_instrument_listings_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_instrument_listings_revision"), ["revision"], unique=False)

    op.create_table(
        "listing_removals",
        sa.Column("instrument_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("instrument_id", name=op.f("pk_listing_removals")),
    )
    with op.batch_alter_table("listing_removals", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_listing_removals_revision"), ["revision"], unique=False)

    op.create_table(
        "listing_revisions",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.String(length=32), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing_revisions")),
    )
    create_texts()


def create_texts() -> None:
    """The full-text table of the engine."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(SQLITE_TEXTS)
        return
    op.execute(POSTGRESQL_TEXTS)
    op.execute("CREATE INDEX ix_instrument_texts_whole ON instrument_texts USING gin (whole)")


def downgrade() -> None:
    """Take it back."""
    op.execute("DROP TABLE instrument_texts")
    op.drop_table("listing_revisions")
    op.drop_table("listing_removals")
    op.drop_table("instrument_listings")
