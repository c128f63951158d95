"""Let an announcement be for one organisation, or for one province."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_aimed_announcements"
down_revision = "2026_11_26_owner_changes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("announcements", schema=None) as batch_op:
        batch_op.add_column(sa.Column("organisation_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("province", sa.String(length=6), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_announcements_organisation_id_organisations"), "organisations", ["organisation_id"], ["id"]
        )
        batch_op.create_foreign_key(batch_op.f("fk_announcements_province_places"), "places", ["province"], ["adcode"])
        batch_op.create_check_constraint(
            op.f("ck_announcements_one_aim"), "organisation_id IS NULL OR province IS NULL"
        )


def downgrade() -> None:
    op.execute("DELETE FROM announcements WHERE organisation_id IS NOT NULL OR province IS NOT NULL")
    with op.batch_alter_table("announcements", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_announcements_one_aim"), type_="check")
        batch_op.drop_constraint(batch_op.f("fk_announcements_province_places"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_announcements_organisation_id_organisations"), type_="foreignkey")
        batch_op.drop_column("province")
        batch_op.drop_column("organisation_id")
