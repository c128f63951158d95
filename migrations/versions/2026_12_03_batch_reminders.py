"""Keep who was told that a batch is about to close, and how long before."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_03_batch_reminders"
down_revision = "2026_12_03_listed_types"
branch_labels = None
depends_on = None

REMINDERS = "batch_reminders"


def upgrade() -> None:
    op.create_table(
        REMINDERS,
        sa.Column("claimant_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("programme_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("closes_on", sa.Date(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("sent_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["claimant_id"], ["organisations.id"], name=op.f(f"fk_{REMINDERS}_claimant_id_organisations")
        ),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programmes.id"], name=op.f(f"fk_{REMINDERS}_programme_id_programmes")
        ),
        sa.PrimaryKeyConstraint("programme_id", "claimant_id", "closes_on", "days", name=op.f(f"pk_{REMINDERS}")),
    )


def downgrade() -> None:
    op.drop_table(REMINDERS)
