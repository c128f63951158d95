"""Keep who agreed to which version of the text on data."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_consents"
down_revision = "2026_11_26_teams"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "consents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Date(), nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_consents_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
        sa.UniqueConstraint("user_id", "version", name=op.f("uq_consents_user_id_version")),
    )


def downgrade() -> None:
    op.drop_table("consents")
