"""Keep enquiries, wishes and their public answers."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_enquiries"
down_revision = "2026_11_26_shared_settings"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _enquiries()
    op.create_table(
        "enquiry_messages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enquiry_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("is_staff", sa.Boolean(), nullable=False),
        sa.Column("text", sa.String(length=4000), nullable=False),
        sa.Column("written_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_enquiry_messages_author_id_users")),
        sa.ForeignKeyConstraint(
            ["enquiry_id"], ["enquiries.id"], name=op.f("fk_enquiry_messages_enquiry_id_enquiries")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enquiry_messages")),
    )
    op.create_index(op.f("ix_enquiry_messages_author_id"), "enquiry_messages", ["author_id"])
    op.create_index(op.f("ix_enquiry_messages_enquiry_id"), "enquiry_messages", ["enquiry_id"])
    op.create_table(
        "wished_periods",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enquiry_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("is_offer", sa.Boolean(), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_wished_periods_order")),
        sa.ForeignKeyConstraint(["enquiry_id"], ["enquiries.id"], name=op.f("fk_wished_periods_enquiry_id_enquiries")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wished_periods")),
        sa.UniqueConstraint("enquiry_id", "position", name=op.f("uq_wished_periods_enquiry_id_position")),
    )
    _faq()


def _enquiries() -> None:
    op.create_table(
        "enquiries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("instrument_id", sa.Integer(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=False),
        sa.Column("sample", sa.String(length=300), nullable=False),
        sa.Column("purpose", sa.String(length=600), nullable=False),
        sa.Column("mode", sa.String(length=40), nullable=True),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("wish_state", sa.String(length=40), nullable=True),
        sa.Column("agreed_starts_at", MOMENT, nullable=True),
        sa.Column("agreed_ends_at", MOMENT, nullable=True),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("reminded_at", MOMENT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(state = 'waiting') = (due_at IS NOT NULL)", name=op.f("ck_enquiries_due_while_waiting")),
        sa.CheckConstraint(
            "(agreed_starts_at IS NULL) = (agreed_ends_at IS NULL)", name=op.f("ck_enquiries_agreed_whole")
        ),
        sa.CheckConstraint("agreed_starts_at < agreed_ends_at", name=op.f("ck_enquiries_agreed_order")),
        sa.ForeignKeyConstraint(["asked_by_id"], ["users.id"], name=op.f("fk_enquiries_asked_by_id_users")),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["instruments.id"], name=op.f("fk_enquiries_instrument_id_instruments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enquiries")),
    )
    op.create_index("ix_enquiries_instrument_id", "enquiries", ["instrument_id", "state", "due_at"])
    op.create_index("ix_enquiries_asked_by_id", "enquiries", ["asked_by_id", "changed_at"])
    op.create_index("ix_enquiries_due_at", "enquiries", ["due_at"])


def _faq() -> None:
    op.create_table(
        "faq_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("instrument_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("question_zh", sa.String(length=300), nullable=False),
        sa.Column("question_en", sa.String(length=600), nullable=False),
        sa.Column("answer_zh", sa.String(length=2000), nullable=False),
        sa.Column("answer_en", sa.String(length=4000), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("question_zh <> '' OR question_en <> ''", name=op.f("ck_faq_entries_question")),
        sa.CheckConstraint("answer_zh <> '' OR answer_en <> ''", name=op.f("ck_faq_entries_answer")),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["instruments.id"], name=op.f("fk_faq_entries_instrument_id_instruments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_faq_entries")),
    )
    op.create_index("ix_faq_entries_instrument_id", "faq_entries", ["instrument_id", "position"])


def downgrade() -> None:
    for table in ("faq_entries", "wished_periods", "enquiry_messages", "enquiries"):
        op.drop_table(table)
