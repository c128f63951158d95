"""Let a redemption say on which day it was submitted elsewhere, where it is paid without a public notice of ours."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_02_outcomes_elsewhere"
down_revision = "2026_12_02_vouchers_elsewhere"
branch_labels = None
depends_on = None

REDEMPTIONS = "redemptions"
NOTICED, SUBMITTED = "ck_redemptions_noticed", "ck_redemptions_submitted"
OURS = "state NOT IN ('notice', 'paid') OR notice_from IS NOT NULL"


def upgrade() -> None:
    """None of those before lives elsewhere."""
    with op.batch_alter_table(REDEMPTIONS) as table:
        table.add_column(sa.Column("submitted_on", sa.Date(), nullable=True))
        table.drop_constraint(op.f(NOTICED), type_="check")
    with op.batch_alter_table(REDEMPTIONS) as table:
        table.create_check_constraint(op.f(NOTICED), f"{OURS} OR submitted_on IS NOT NULL")
        table.create_check_constraint(op.f(SUBMITTED), "state <> 'submitted' OR submitted_on IS NOT NULL")


def downgrade() -> None:
    """Refused once something was submitted elsewhere: what came of it would be lost."""
    if op.get_bind().execute(sa.text("SELECT 1 FROM redemptions WHERE submitted_on IS NOT NULL LIMIT 1")).first():
        raise RuntimeError("redemptions were submitted elsewhere: restore a backup from before the upgrade instead")
    with op.batch_alter_table(REDEMPTIONS) as table:
        table.drop_constraint(op.f(SUBMITTED), type_="check")
        table.drop_constraint(op.f(NOTICED), type_="check")
    with op.batch_alter_table(REDEMPTIONS) as table:
        table.create_check_constraint(op.f(NOTICED), OURS)
        table.drop_column("submitted_on")
