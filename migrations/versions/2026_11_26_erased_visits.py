"""Half a year after a visit nothing is kept of who came; such a visit may hold neither address nor telephone."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_erased_visits"
down_revision = "2026_11_26_feed_seconds"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """When a visit was erased, and only then nothing to reach the visitor by."""
    with op.batch_alter_table("visits") as table:
        table.add_column(sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
        table.drop_constraint(op.f("ck_visits_reachable"), type_="check")
        table.create_check_constraint(
            op.f("ck_visits_reachable"), "erased_at IS NOT NULL OR email <> '' OR phone <> ''"
        )


def downgrade() -> None:
    """Take it back; who was erased keeps an address at which nobody is (RFC 2606)."""
    visits = sa.table("visits", sa.column("email", sa.String), sa.column("phone", sa.String))
    nobody = (visits.c.email == "", visits.c.phone == "")
    op.execute(visits.update().where(*nobody).values(email="visitor@erased.invalid"))
    with op.batch_alter_table("visits") as table:
        table.drop_constraint(op.f("ck_visits_reachable"), type_="check")
        table.create_check_constraint(op.f("ck_visits_reachable"), "email <> '' OR phone <> ''")
        table.drop_column("erased_at")
