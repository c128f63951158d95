"""Refused rows of rosters are kept for a month; invitations may know somebody by the staff number alone."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_handed_invitations"
down_revision = "2026_11_26_waiting_test_items"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Refused rows; a staff number is enough."""
    with op.batch_alter_table("rosters") as table:
        table.add_column(sa.Column("refused_rows", sa.JSON(), nullable=True))
    with op.batch_alter_table("invitations") as table:
        table.drop_constraint(op.f("ck_invitations_reachable"), type_="check")
        table.create_check_constraint(op.f("ck_invitations_known"), "email <> '' OR phone <> '' OR staff_number <> ''")


def downgrade() -> None:
    """Take it back; who is known by the staff number alone was never reached, so those invitations go."""
    invitations = sa.table("invitations", sa.column("email", sa.String), sa.column("phone", sa.String))
    op.execute(invitations.delete().where(invitations.c.email == "", invitations.c.phone == ""))
    with op.batch_alter_table("invitations") as table:
        table.drop_constraint(op.f("ck_invitations_known"), type_="check")
        table.create_check_constraint(op.f("ck_invitations_reachable"), "email <> '' OR phone <> ''")
    with op.batch_alter_table("rosters") as table:
        table.drop_column("refused_rows")
