"""Half a year after nobody took an invitation up, nothing is kept of who was invited."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_erased_invitations"
down_revision = "2026_11_28_changed_visits"
branch_labels = None
depends_on = None

KNOWN = "email <> '' OR phone <> '' OR staff_number <> ''"


def upgrade() -> None:
    """When an invitation was erased, and only then nothing to know the person by."""
    with op.batch_alter_table("invitations") as table:
        table.add_column(sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
        table.drop_constraint(op.f("ck_invitations_known"), type_="check")
        table.create_check_constraint(op.f("ck_invitations_known"), f"erased_at IS NOT NULL OR {KNOWN}")


def downgrade() -> None:
    """Take it back; who was erased keeps an address at which nobody is (RFC 2606)."""
    invitations = sa.table("invitations", sa.column("email", sa.String), sa.column("erased_at", sa.DateTime))
    erased = invitations.c.erased_at.is_not(None)
    op.execute(invitations.update().where(erased).values(email="invited@erased.invalid"))
    with op.batch_alter_table("invitations") as table:
        table.drop_constraint(op.f("ck_invitations_known"), type_="check")
        table.create_check_constraint(op.f("ck_invitations_known"), KNOWN)
        table.drop_column("erased_at")
