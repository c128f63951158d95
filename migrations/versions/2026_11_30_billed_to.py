"""Note on statements to people which organisation they name, whose agents read them."""

from alembic import op

revision = "2026_11_30_billed_to"
down_revision = "2026_11_28_use_agreements"
branch_labels = None
depends_on = None

COLUMN, INDEX = "billed_to_id", "ix_statements_billed_to_id"


def upgrade() -> None:
    """statements.billed_to_id; in place, for the table's guards would be lost with a copy."""
    named = "CONSTRAINT fk_statements_billed_to_id_organisations REFERENCES organisations (id)"
    op.execute(f"ALTER TABLE statements ADD COLUMN {COLUMN} INTEGER {named}")
    op.create_index(INDEX, "statements", [COLUMN, "id"])


def downgrade() -> None:
    """Take it back; the paper keeps the name."""
    op.drop_index(INDEX, "statements")
    op.drop_column("statements", COLUMN)
