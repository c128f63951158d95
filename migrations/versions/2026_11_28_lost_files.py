"""Delete the files of records that an undone import took away, also where another record got their number since."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_lost_files"
down_revision = "2026_11_28_invitation_limits"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No file is older than the record that it was given to."""
    instruments = sa.table("instruments", sa.column("id"), sa.column("created_at"))
    files = sa.table(
        "attachments", sa.column("id"), sa.column("owner_kind"), sa.column("owner_id"), sa.column("uploaded_at")
    )
    contents = sa.table("attachment_contents", sa.column("attachment_id"))
    its_own = sa.exists().where(instruments.c.id == files.c.owner_id, instruments.c.created_at <= files.c.uploaded_at)
    lost = sa.select(files.c.id).where(files.c.owner_kind == "instrument", ~its_own)
    op.execute(contents.delete().where(contents.c.attachment_id.in_(lost)))
    op.execute(files.delete().where(files.c.id.in_(lost)))


def downgrade() -> None:
    """What was nobody's stays away."""
