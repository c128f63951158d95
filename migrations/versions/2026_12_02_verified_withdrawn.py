"""Keep that the verification of a paper was taken back, and when an office was told of an overdue review."""

import sqlalchemy as sa
from alembic import op

from booking.database.guards import make_append_only

revision = "2026_12_02_verified_withdrawn"
down_revision = "2026_12_02_clearing_reversals"
branch_labels = None
depends_on = None

WITHDRAWALS, APPLICATIONS = "verified_document_withdrawals", "voucher_applications"


def upgrade() -> None:
    """verified_document_withdrawals; reminded_on of applications."""
    op.create_table(
        WITHDRAWALS,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("withdrawn_by_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=600), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f(f"ck_{WITHDRAWALS}_reason")),
        sa.ForeignKeyConstraint(
            ["document_id"], ["verified_documents.id"], name=op.f(f"fk_{WITHDRAWALS}_document_id_verified_documents")
        ),
        sa.ForeignKeyConstraint(
            ["withdrawn_by_id"], ["users.id"], name=op.f(f"fk_{WITHDRAWALS}_withdrawn_by_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{WITHDRAWALS}")),
        sa.UniqueConstraint("document_id", name=op.f(f"uq_{WITHDRAWALS}_document_id")),
    )
    make_append_only(op.get_bind(), WITHDRAWALS)
    op.add_column(APPLICATIONS, sa.Column("reminded_on", sa.Date(), nullable=True))


def downgrade() -> None:
    """Refused once a verification was taken back: the paper would count as verified again."""
    if op.get_bind().execute(sa.text(f"SELECT 1 FROM {WITHDRAWALS} LIMIT 1")).first():  # noqa: S608 - our own name
        raise RuntimeError("verifications were taken back: restore a backup from before the upgrade instead")
    op.drop_column(APPLICATIONS, "reminded_on")
    op.drop_table(WITHDRAWALS)
