"""Find what is to be billed to one payer without reading everything that its institution ever charged."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_30_unbilled_charges"
down_revision = "2026_11_30_removed_units_prices"
branch_labels = None
depends_on = None

UNBILLED = sa.text("gross_fen <> billed_fen OR captured_fen <> billed_taken_fen")
ALONE = sa.text("(gross_fen <> billed_fen OR captured_fen <> billed_taken_fen) AND payer_account_id IS NULL")
BEFORE = "ix_charges_unbilled"
BY_PAYER, BY_USER = "ix_charges_unbilled_payer", "ix_charges_unbilled_user"


def upgrade() -> None:
    op.drop_index(BEFORE, "charges")
    for name, column, where in ((BY_PAYER, "payer_account_id", UNBILLED), (BY_USER, "user_id", ALONE)):
        columns = ["organisation_id", column, "id"]
        op.create_index(name, "charges", columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for name in (BY_PAYER, BY_USER):
        op.drop_index(name, "charges")
    columns = ["organisation_id", "payer_account_id", "user_id"]
    op.create_index(BEFORE, "charges", columns, sqlite_where=UNBILLED, postgresql_where=UNBILLED)
