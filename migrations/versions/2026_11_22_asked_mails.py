"""Count the mails that people ask for without signing in."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_22_asked_mails"
down_revision = "2026_11_21_first_floor"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "asked_mails",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_key", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asked_mails")),
    )
    with op.batch_alter_table("asked_mails", schema=None) as batch_op:
        batch_op.create_index("ix_asked_mails_account_key", ["account_key", "occurred_at"], unique=False)
        batch_op.create_index("ix_asked_mails_address", ["address", "occurred_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("asked_mails", schema=None) as batch_op:
        batch_op.drop_index("ix_asked_mails_address")
        batch_op.drop_index("ix_asked_mails_account_key")
    op.drop_table("asked_mails")
