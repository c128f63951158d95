"""Keep which deadlines of vouchers were told, and how long before."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_01_voucher_reminders"
down_revision = "2026_12_01_ledger_proofs"
branch_labels = None
depends_on = None

REMINDERS = "voucher_reminders"


def upgrade() -> None:
    op.create_table(
        REMINDERS,
        sa.Column("voucher_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("deadline", sa.String(length=40), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("sent_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["voucher_id"], ["vouchers.id"], name=op.f(f"fk_{REMINDERS}_voucher_id_vouchers")),
        sa.PrimaryKeyConstraint("voucher_id", "deadline", "days", name=op.f(f"pk_{REMINDERS}")),
    )


def downgrade() -> None:
    op.drop_table(REMINDERS)
