"""Let test items of a published record wait for their reviewers."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_waiting_test_items"
down_revision = "2026_11_26_agreed_reservations"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("test_items", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_held", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("proposed", sa.JSON(), nullable=True))
    op.execute(sa.text("UPDATE test_items SET is_held = :held").bindparams(held=False))
    with op.batch_alter_table("test_items", schema=None) as batch_op:
        batch_op.alter_column("is_held", existing_type=sa.Boolean(), nullable=False)


def downgrade() -> None:
    op.execute(sa.text("DELETE FROM test_items WHERE is_held"))
    with op.batch_alter_table("test_items", schema=None) as batch_op:
        batch_op.drop_column("proposed")
        batch_op.drop_column("is_held")
