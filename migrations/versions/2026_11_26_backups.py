"""Keep which backups were made."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_backups"
down_revision = "2026_11_26_price_policies"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "backups",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("path", sa.String(length=500), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("row_count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backups")),
    )
    op.create_index(op.f("ix_backups_made_at"), "backups", ["made_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_backups_made_at"), table_name="backups")
    op.drop_table("backups")
