"""Keep who belongs to which organisation, its user groups and its mail domains."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_affiliations"
down_revision = "2026_11_26_stewardships"
branch_labels = None
depends_on = None

OPEN = sa.text("state IN ('pending', 'confirmed')")
FOR_SOMEBODY = sa.text("audience <> 'assigned'")


def upgrade() -> None:
    """affiliations."""
    _settings_and_domains()
    _user_groups()
    _affiliations()


def _settings_and_domains() -> None:
    op.create_table(
        "affiliation_settings",
        sa.Column("organisation_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("mail_domain_days", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "mail_domain_days BETWEEN 1 AND 3660", name=op.f("ck_affiliation_settings_mail_domain_days")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_affiliation_settings_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_affiliation_settings")),
    )
    op.create_table(
        "mail_domains",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("domain", sa.String(length=253), nullable=False),
        sa.Column("includes_subdomains", sa.Boolean(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name=op.f("fk_mail_domains_created_by_id_users")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_mail_domains_organisation_id_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_domains")),
        sa.UniqueConstraint("domain", name=op.f("uq_mail_domains_domain")),
    )
    op.create_index(op.f("ix_mail_domains_organisation_id"), "mail_domains", ["organisation_id"])


def _user_groups() -> None:
    op.create_table(
        "user_groups",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("name_zh", sa.String(length=60), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column("side", sa.String(length=40), nullable=False),
        sa.Column("audience", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_user_groups_organisation_id_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_groups")),
        sa.UniqueConstraint("organisation_id", "name_zh", name=op.f("uq_user_groups_organisation_id_name_zh")),
    )
    op.create_index(
        "uq_user_groups_audience",
        "user_groups",
        ["organisation_id", "audience"],
        unique=True,
        sqlite_where=FOR_SOMEBODY,
        postgresql_where=FOR_SOMEBODY,
    )


def _affiliations() -> None:
    op.create_table(
        "affiliations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("user_group_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("staff_number", sa.String(length=40), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("confirmed_by", sa.String(length=40), nullable=True),
        sa.Column("message", sa.String(length=300), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("leaving_told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("ends_on IS NULL OR starts_on <= ends_on", name=op.f("ck_affiliations_days_in_order")),
        sa.CheckConstraint("(state = 'pending') = (decided_at IS NULL)", name=op.f("ck_affiliations_decided")),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_affiliations_{column}_{table}"))
            for column, table in (
                ("user_id", "users"),
                ("organisation_id", "organisations"),
                ("unit_id", "units"),
                ("user_group_id", "user_groups"),
                ("decided_by_id", "users"),
                ("ended_by_id", "users"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_affiliations")),
    )
    op.create_index(
        "uq_affiliations_open",
        "affiliations",
        ["user_id", "organisation_id"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.create_index("ix_affiliations_organisation_id", "affiliations", ["organisation_id", "state"])
    op.create_index("ix_affiliations_staff_number", "affiliations", ["organisation_id", "staff_number"])
    op.create_index(op.f("ix_affiliations_user_group_id"), "affiliations", ["user_group_id"])


def downgrade() -> None:
    """Take it back."""
    for table in ("affiliations", "user_groups", "mail_domains", "affiliation_settings"):
        op.drop_table(table)
