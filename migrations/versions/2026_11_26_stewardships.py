"""Let each instrument have a primary steward and a deputy."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_stewardships"
down_revision = "2026_11_26_reviews"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stewardships",
        sa.Column("instrument_id", sa.Integer(), nullable=False),
        sa.Column("rank", sa.String(length=40), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["instruments.id"], name=op.f("fk_stewardships_instrument_id_instruments")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_stewardships_user_id_users")),
        sa.PrimaryKeyConstraint("instrument_id", "rank", name=op.f("pk_stewardships")),
        sa.UniqueConstraint("instrument_id", "user_id", name=op.f("uq_stewardships_instrument_id_user_id")),
    )
    op.create_index(op.f("ix_stewardships_user_id"), "stewardships", ["user_id"])


def downgrade() -> None:
    op.drop_table("stewardships")
