"""Count the corrections of a registration, so that nobody verifies what they have not read."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_fixed_registrations"
down_revision = "2026_11_28_removed_units"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """organisation_registrations.version."""
    op.add_column("organisation_registrations", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    with op.batch_alter_table("organisation_registrations", schema=None) as batch_op:
        batch_op.alter_column("version", existing_type=sa.Integer(), server_default=None)


def downgrade() -> None:
    """Take it back."""
    op.drop_column("organisation_registrations", "version")
