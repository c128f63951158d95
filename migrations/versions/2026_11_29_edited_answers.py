"""Note when the words of a public answer were last edited, so that words taken back go with them."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "2026_11_29_edited_answers"
down_revision = "2026_11_29_nobody_came"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """faq_entries.edited_at; of what was changed already it is not known when, so it counts as edited now."""
    op.add_column("faq_entries", sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True))
    names = (sa.column("version", sa.Integer), sa.column("edited_at", sa.DateTime(timezone=True)))
    entries = sa.table("faq_entries", *names)
    op.execute(entries.update().where(entries.c.version > 1).values(edited_at=datetime.now(UTC)))


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("faq_entries") as table:
        table.drop_column("edited_at")
