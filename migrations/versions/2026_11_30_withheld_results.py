"""Let institutions withhold the results of sample orders until they are paid."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_30_withheld_results"
down_revision = "2026_11_30_sample_charges"
branch_labels = None
depends_on = None

TERMS, ORDERS = "billing_terms", "sample_orders"
WORD = sa.String(length=40)


def upgrade() -> None:
    """What institutions set, and what was agreed with each order: nothing is withheld of those before."""
    op.add_column(TERMS, sa.Column("withholds_results", WORD, nullable=False, server_default="never"))
    op.add_column(ORDERS, sa.Column("is_withheld", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column(ORDERS, sa.Column("released_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table(TERMS) as table:
        table.alter_column("withholds_results", existing_type=WORD, server_default=None)
    with op.batch_alter_table(ORDERS) as table:
        table.alter_column("is_withheld", existing_type=sa.Boolean(), server_default=None)
        table.create_check_constraint(op.f(f"ck_{ORDERS}_released"), "released_at IS NULL OR is_withheld")


def downgrade() -> None:
    """Take it back; what is withheld is handed over."""
    with op.batch_alter_table(ORDERS) as table:
        table.drop_constraint(op.f(f"ck_{ORDERS}_released"), type_="check")
        table.drop_column("released_at")
        table.drop_column("is_withheld")
    with op.batch_alter_table(TERMS) as table:
        table.drop_column("withholds_results")
