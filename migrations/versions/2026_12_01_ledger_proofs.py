"""Keep what adding the books up again found each night."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_01_ledger_proofs"
down_revision = "2026_12_01_invoiced_top_ups"
branch_labels = None
depends_on = None

TABLE = "ledger_proofs"


def upgrade() -> None:
    """The table of proofs."""
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("fault_count", sa.Integer(), nullable=False),
        sa.Column("faults", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
    )
    op.create_index(f"ix_{TABLE}_made_at", TABLE, ["made_at"])


def downgrade() -> None:
    """Forget the proofs: they can be made again."""
    op.drop_table(TABLE)
