"""Keep with a feed's text since when it reads so; texts rendered before are rendered anew at the next poll."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_feed_seconds"
down_revision = "2026_11_26_payer_holds"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DELETE FROM feed_bodies")
    with op.batch_alter_table("feed_bodies") as batch:
        batch.add_column(sa.Column("modified_second", sa.BigInteger(), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("feed_bodies") as batch:
        batch.drop_column("modified_second")
