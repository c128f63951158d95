"""Record invoices of money that was paid into payer accounts."""

import sqlalchemy as sa
from alembic import op

from booking.database.guards import make_append_only

revision = "2026_12_01_invoiced_top_ups"
down_revision = "2026_12_01_charge_problems"
branch_labels = None
depends_on = None

TABLE = "invoice_top_ups"
KEYS = {"invoice_id": "invoices", "movement_id": "payer_movements"}


def upgrade() -> None:
    """The table of what they cover."""
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in KEYS),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_fen <> 0", name=op.f(f"ck_{TABLE}_amount")),
        *(
            sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{TABLE}_{column}_{other}"))
            for column, other in KEYS.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sa.UniqueConstraint(*KEYS, name=op.f(f"uq_{TABLE}_invoice_id_movement_id")),
    )
    op.create_index(f"ix_{TABLE}_movement_id", TABLE, ["movement_id", "id"])
    make_append_only(op.get_bind(), TABLE)


def downgrade() -> None:
    """Refused once one was recorded: what it covers would be lost."""
    if op.get_bind().execute(sa.text("SELECT 1 FROM invoice_top_ups LIMIT 1")).first():
        raise RuntimeError("invoices of money paid in have been recorded: restore a backup from before instead")
    op.drop_table(TABLE)
