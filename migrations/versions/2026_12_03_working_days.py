"""Let each version of a programme say how many working days a review and a payment may take."""

from alembic import op

revision = "2026_12_03_working_days"
down_revision = "2026_12_03_batch_reminders"
branch_labels = None
depends_on = None

VERSIONS, COLUMNS = "programme_versions", ("review_days", "pay_days")


def upgrade() -> None:
    """Five working days each so far, which nobody has marked: an assumption.

    Written out, because versions are append-only: their guards stay on the table, which is not made anew.
    """
    for name in COLUMNS:
        check = f"CONSTRAINT ck_programme_versions_{name} CHECK ({name} > 0)"
        op.execute(f"ALTER TABLE {VERSIONS} ADD COLUMN {name} INTEGER DEFAULT 5 NOT NULL {check}")


def downgrade() -> None:
    """Every version goes back to five of each."""
    for name in reversed(COLUMNS):
        op.drop_column(VERSIONS, name)
