"""Keep which address a mailed link is to make somebody's own."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_new_addresses"
down_revision = "2026_11_26_consents"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mailed_tokens", sa.Column("new_email", sa.String(length=254), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("mailed_tokens", schema=None) as batch_op:
        batch_op.drop_column("new_email")
