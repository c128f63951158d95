"""Keep what was found of redemptions that were drawn to be audited."""

import sqlalchemy as sa
from alembic import op

from booking.database.guards import make_append_only

revision = "2026_12_03_sample_findings"
down_revision = "2026_12_03_working_days"
branch_labels = None
depends_on = None

FINDINGS = "redemption_findings"
KEYS = {"sample_id": "redemption_samples", "redemption_id": "redemptions", "found_by_id": "users"}


def upgrade() -> None:
    """A row for each time that somebody has looked at one of a sample."""
    op.create_table(
        FINDINGS,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sample_id", sa.Integer(), nullable=False),
        sa.Column("redemption_id", sa.Integer(), nullable=False),
        sa.Column("is_in_order", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("found_by_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        *(
            sa.ForeignKeyConstraint([name], [f"{other}.id"], name=op.f(f"fk_{FINDINGS}_{name}_{other}"))
            for name, other in KEYS.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{FINDINGS}")),
    )
    op.create_index("ix_redemption_findings_sample_id", FINDINGS, ["sample_id", "id"])
    make_append_only(op.get_bind(), FINDINGS)


def downgrade() -> None:
    """Refused once anything was found: the version before has no place for it."""
    if op.get_bind().execute(sa.text("SELECT 1 FROM redemption_findings LIMIT 1")).first():
        raise RuntimeError("samples were looked at: restore a backup from before the upgrade instead")
    op.drop_table(FINDINGS)
