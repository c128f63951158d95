"""Say what the rows of an uploaded table are: instruments, as all were until now, or test items."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_kinds_of_imports"
down_revision = "2026_11_27_charges"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """imports.kind, imported_rows.test_item_id."""
    op.add_column("imported_rows", sa.Column("test_item_id", sa.Integer(), nullable=True))
    with op.batch_alter_table("imports", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind", sa.String(length=40), nullable=False, server_default="instruments"))
    with op.batch_alter_table("imports", schema=None) as batch_op:
        batch_op.alter_column("kind", existing_type=sa.String(length=40), server_default=None)


def downgrade() -> None:
    """Take it back; imports of test items go with their rows."""
    imports = sa.table("imports", sa.column("id", sa.Integer), sa.column("kind", sa.String))
    gone = sa.select(imports.c.id).where(imports.c.kind == "test_items")
    for name in ("imported_rows", "import_files"):
        table = sa.table(name, sa.column("import_id", sa.Integer))
        op.execute(sa.delete(table).where(table.c.import_id.in_(gone)))
    op.execute(sa.delete(imports).where(imports.c.kind == "test_items"))
    op.drop_column("imported_rows", "test_item_id")
    with op.batch_alter_table("imports", schema=None) as batch_op:
        batch_op.drop_column("kind")
