"""Keep the confirmed days of a visit while more of them wait to be confirmed."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_changed_visits"
down_revision = "2026_11_28_kept_by_owner"
branch_labels = None
depends_on = None

WHOLE = "ck_visits_confirmed_whole"


def upgrade() -> None:
    """Both days or none."""
    with op.batch_alter_table("visits") as table:
        table.add_column(sa.Column("confirmed_starts_on", sa.Date(), nullable=True))
        table.add_column(sa.Column("confirmed_ends_on", sa.Date(), nullable=True))
        table.create_check_constraint(op.f(WHOLE), "(confirmed_starts_on IS NULL) = (confirmed_ends_on IS NULL)")


def downgrade() -> None:
    """Take it back; what waits for more days waits as a whole."""
    with op.batch_alter_table("visits") as table:
        table.drop_constraint(op.f(WHOLE), type_="check")
        table.drop_column("confirmed_ends_on")
        table.drop_column("confirmed_starts_on")
