"""Note which messages were withdrawn, and from which enquiry a public answer was made."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_withdrawn_words"
down_revision = "2026_11_28_missed_hosts"
branch_labels = None
depends_on = None

FOREIGN_KEY = "fk_faq_entries_from_enquiry_id_enquiries"


def upgrade() -> None:
    """enquiry_messages.withdrawn_at, faq_entries.from_enquiry_id."""
    op.add_column("enquiry_messages", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("faq_entries", schema=None) as batch_op:
        batch_op.add_column(sa.Column("from_enquiry_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(op.f(FOREIGN_KEY), "enquiries", ["from_enquiry_id"], ["id"])
    op.create_index(op.f("ix_faq_entries_from_enquiry_id"), "faq_entries", ["from_enquiry_id"])


def downgrade() -> None:
    """Take it back."""
    op.drop_index(op.f("ix_faq_entries_from_enquiry_id"), "faq_entries")
    with op.batch_alter_table("faq_entries", schema=None) as batch_op:
        batch_op.drop_constraint(op.f(FOREIGN_KEY), type_="foreignkey")
        batch_op.drop_column("from_enquiry_id")
    op.drop_column("enquiry_messages", "withdrawn_at")
