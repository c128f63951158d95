"""Let an answer stay with the staff when the question it was given to is withdrawn."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_answers_kept"
down_revision = "2026_11_28_kinds_of_imports"
branch_labels = None
depends_on = None

ASKED = "question_zh <> '' OR question_en <> ''"


def upgrade() -> None:
    """faq_entries.taken_back_at."""
    with op.batch_alter_table("faq_entries", schema=None) as table:
        table.add_column(sa.Column("taken_back_at", sa.DateTime(timezone=True), nullable=True))
        table.drop_constraint(op.f("ck_faq_entries_question"), type_="check")
        table.create_check_constraint(op.f("ck_faq_entries_question"), f"{ASKED} OR taken_back_at IS NOT NULL")


def downgrade() -> None:
    """Take it back; an answer without its question goes."""
    op.execute("DELETE FROM faq_entries WHERE taken_back_at IS NOT NULL")
    with op.batch_alter_table("faq_entries", schema=None) as table:
        table.drop_constraint(op.f("ck_faq_entries_question"), type_="check")
        table.create_check_constraint(op.f("ck_faq_entries_question"), ASKED)
        table.drop_column("taken_back_at")
