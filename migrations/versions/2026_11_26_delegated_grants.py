"""Let the holder of a role be stood in for during an absence."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_delegated_grants"
down_revision = "2026_11_26_instrument_places"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("grants", schema=None) as batch_op:
        batch_op.add_column(sa.Column("delegated_from_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_grants_delegated_from_id_grants"), "grants", ["delegated_from_id"], ["id"]
        )
        batch_op.create_check_constraint("delegated_for_a_while", "delegated_from_id IS NULL OR ends_on IS NOT NULL")
        batch_op.create_index(batch_op.f("ix_grants_delegated_from_id"), ["delegated_from_id"], unique=False)


def downgrade() -> None:
    op.execute("DELETE FROM grants WHERE delegated_from_id IS NOT NULL")
    with op.batch_alter_table("grants", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_grants_delegated_from_id"))
        batch_op.drop_constraint("delegated_for_a_while", type_="check")
        batch_op.drop_constraint(batch_op.f("fk_grants_delegated_from_id_grants"), type_="foreignkey")
        batch_op.drop_column("delegated_from_id")
