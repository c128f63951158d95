"""Count the charges of an institution that have a problem without reading everything that it ever charged."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_01_charge_problems"
down_revision = "2026_12_01_ledger_proofs"
branch_labels = None
depends_on = None

NAME, PROBLEM = "ix_charges_problem", sa.text("problem IS NOT NULL")


def upgrade() -> None:
    op.create_index(NAME, "charges", ["organisation_id", "id"], sqlite_where=PROBLEM, postgresql_where=PROBLEM)


def downgrade() -> None:
    op.drop_index(NAME, "charges")
