"""Let a redemption say which office reviews it first; None, as for those before: the programme's authority."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_03_redemption_offices"
down_revision = "2026_12_03_claimed_anew"
branch_labels = None
depends_on = None

REDEMPTIONS, OFFICE = "redemptions", "fk_redemptions_office_id_organisations"
INDEX = "ix_redemptions_office_id"


def upgrade() -> None:
    """office_id of redemptions."""
    with op.batch_alter_table(REDEMPTIONS) as table:
        table.add_column(sa.Column("office_id", sa.Integer(), nullable=True))
        table.create_foreign_key(op.f(OFFICE), "organisations", ["office_id"], ["id"])
    op.create_index(INDEX, REDEMPTIONS, ["office_id", "state"])


def downgrade() -> None:
    """The programme's authority does both reviews of all that wait."""
    op.drop_index(INDEX, REDEMPTIONS)
    with op.batch_alter_table(REDEMPTIONS) as table:
        table.drop_constraint(op.f(OFFICE), type_="foreignkey")
        table.drop_column("office_id")
