"""Let records be reviewed by two named people before they are public."""

import sqlalchemy as sa
from alembic import op

from booking.database.guards import make_append_only

revision = "2026_11_26_reviews"
down_revision = "2026_11_26_fixed_slots"
branch_labels = None
depends_on = None

IS_OPEN = sa.text("state = 'open'")


LET_THROUGH = """
UPDATE instruments SET first_published_at = created_at, cleared_at = updated_at WHERE publishing_state = 'published'
"""


def upgrade() -> None:
    for name in ("first_published_at", "cleared_at"):
        op.add_column("instruments", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.execute(LET_THROUGH)
    _create_rounds()
    _create_reviews()
    op.create_table(
        "record_editors",
        sa.Column("instrument_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["instruments.id"], name=op.f("fk_record_editors_instrument_id_instruments")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_record_editors_user_id_users")),
        sa.PrimaryKeyConstraint("instrument_id", "user_id", name=op.f("pk_record_editors")),
    )


def _create_rounds() -> None:
    op.create_table(
        "review_rounds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("instrument_id", sa.Integer(), nullable=False),
        sa.Column("is_update", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("proposed", sa.JSON(), nullable=False),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by_id", sa.Integer(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["instruments.id"], name=op.f("fk_review_rounds_instrument_id_instruments")
        ),
        sa.ForeignKeyConstraint(["opened_by_id"], ["users.id"], name=op.f("fk_review_rounds_opened_by_id_users")),
        sa.ForeignKeyConstraint(["closed_by_id"], ["users.id"], name=op.f("fk_review_rounds_closed_by_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_rounds")),
    )
    op.create_index(
        "uq_review_rounds_open",
        "review_rounds",
        ["instrument_id"],
        unique=True,
        sqlite_where=IS_OPEN,
        postgresql_where=IS_OPEN,
    )
    op.create_index("ix_review_rounds_state", "review_rounds", ["state", "opened_at"])
    op.create_index("ix_review_rounds_instrument_id", "review_rounds", ["instrument_id"])


def _create_reviews() -> None:
    op.create_table(
        "reviews",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("round_version", sa.Integer(), nullable=False),
        sa.Column("reviewer_id", sa.Integer(), nullable=False),
        sa.Column("reviewer_name", sa.String(length=80), nullable=False),
        sa.Column("decision", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=600), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["review_rounds.id"], name=op.f("fk_reviews_round_id_review_rounds")),
        sa.ForeignKeyConstraint(["reviewer_id"], ["users.id"], name=op.f("fk_reviews_reviewer_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
        sa.UniqueConstraint(
            "round_id",
            "round_version",
            "reviewer_id",
            "decision",
            name=op.f("uq_reviews_round_id_round_version_reviewer_id_decision"),
        ),
    )
    op.create_index(op.f("ix_reviews_reviewer_id"), "reviews", ["reviewer_id"])
    make_append_only(op.get_bind(), "reviews")


def downgrade() -> None:
    for table in ("record_editors", "reviews", "review_rounds"):
        op.drop_table(table)
    with op.batch_alter_table("instruments", schema=None) as batch_op:
        batch_op.drop_column("cleared_at")
        batch_op.drop_column("first_published_at")
