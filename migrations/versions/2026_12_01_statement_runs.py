"""Issue all drafts of an institution in one go, in the background."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_01_statement_runs"
down_revision = "2026_12_01_vouchers"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
TABLE = "statement_runs"
KEYS = {"organisation_id": "organisations", "asked_by_id": "users"}


def upgrade() -> None:
    """The table of runs."""
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in KEYS),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("draft_ids", sa.JSON(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("total_count", "done_count", "issued_count")),
        *(sa.Column(f"{name}_draft_ids", sa.JSON(), nullable=False) for name in ("changed", "unclear", "own")),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("leased_until", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        *(
            sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{TABLE}_{column}_{other}"))
            for column, other in KEYS.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
    )
    op.create_index("ix_statement_runs_organisation_id", TABLE, ["organisation_id", "id"])
    op.create_index("ix_statement_runs_state", TABLE, ["state"])


def downgrade() -> None:
    """Forget the runs: what they issued and what they did not are statements and drafts."""
    op.drop_table(TABLE)
