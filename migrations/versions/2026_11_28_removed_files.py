"""Keep the place of a file that staff took away from an enquiry or a sample order."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_removed_files"
down_revision = "2026_11_28_erased_invitations"
branch_labels = None
depends_on = None

TABLES = ("enquiry_messages", "sample_messages")


def upgrade() -> None:
    """The name of the file beside the reason."""
    for name in TABLES:
        column = sa.Column("removed_file", sa.String(length=160), nullable=False, server_default="")
        op.add_column(name, column)
        with op.batch_alter_table(name) as table:
            table.alter_column("removed_file", server_default=None)


def downgrade() -> None:
    """Take it back."""
    for name in TABLES:
        op.drop_column(name, "removed_file")
