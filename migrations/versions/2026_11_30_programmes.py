"""Keep authorities' voucher programmes, version by version."""

import sqlalchemy as sa
from alembic import op

from booking.database.guards import make_append_only

revision = "2026_11_30_programmes"
down_revision = "2026_11_30_numbered_forms"
branch_labels = None
depends_on = None

PROGRAMMES, VERSIONS = "programmes", "programme_versions"
KINDS = ("redeemed_by", "reserves_budget", "counts_on", "bears_difference", "border_way")
LISTS = ("shares", "documents", "exclusions", "windows", "marks")


def upgrade() -> None:
    """programmes, programme_versions."""
    op.create_table(
        PROGRAMMES,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("name_zh", sa.String(length=100), nullable=False),
        sa.Column("name_en", sa.String(length=160), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("year BETWEEN 2000 AND 2099", name=op.f("ck_programmes_year")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_programmes_organisation_id_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programmes")),
        sa.UniqueConstraint(
            "organisation_id", "year", "name_zh", name=op.f("uq_programmes_organisation_id_year_name_zh")
        ),
    )
    _versions()


def _versions() -> None:
    op.create_table(
        VERSIONS,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("notice", sa.String(length=100), nullable=False),
        sa.Column("notice_url", sa.String(length=300), nullable=False),
        sa.Column("year_cap_fen", sa.BigInteger(), nullable=False),
        sa.Column("budget_fen", sa.BigInteger(), nullable=True),
        *(sa.Column(name, sa.Date(), nullable=False) for name in ("counts_from", "use_by", "redeem_by")),
        sa.Column("valid_days", sa.Integer(), nullable=True),
        *(sa.Column(name, sa.JSON(), nullable=False) for name in LISTS),
        *(sa.Column(name, sa.String(length=40), nullable=False) for name in KINDS),
        sa.Column("notice_days", sa.Integer(), nullable=False),
        sa.Column("note_zh", sa.String(length=1000), nullable=False),
        sa.Column("note_en", sa.String(length=1000), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_programme_versions_number")),
        sa.CheckConstraint(
            "year_cap_fen > 0 AND (budget_fen IS NULL OR budget_fen > 0)", name=op.f("ck_programme_versions_amounts")
        ),
        sa.CheckConstraint(
            "counts_from <= use_by AND use_by <= redeem_by", name=op.f("ck_programme_versions_days_in_order")
        ),
        sa.CheckConstraint("valid_days IS NULL OR valid_days > 0", name=op.f("ck_programme_versions_valid_days")),
        sa.CheckConstraint("notice_days >= 0", name=op.f("ck_programme_versions_notice_days")),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programmes.id"], name=op.f("fk_programme_versions_programme_id_programmes")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["users.id"], name=op.f("fk_programme_versions_created_by_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme_versions")),
        sa.UniqueConstraint("programme_id", "number", name=op.f("uq_programme_versions_programme_id_number")),
    )
    make_append_only(op.get_bind(), VERSIONS)


def downgrade() -> None:
    """Refused once there are rows: what authorities wrote would be lost."""
    if op.get_bind().execute(sa.text(f"SELECT 1 FROM {PROGRAMMES} LIMIT 1")).first():  # noqa: S608 - our own name
        raise RuntimeError("there are voucher programmes: restore a backup from before the upgrade instead")
    op.drop_table(VERSIONS)
    op.drop_table(PROGRAMMES)
