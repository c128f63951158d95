"""Let mail domains wait to be verified, and keep when a person agreed to an affiliation."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_verified_domains"
down_revision = "2026_11_28_withdrawn_words"
branch_labels = None
depends_on = None

CONFIRMED = sa.text("state = 'confirmed'")


def upgrade() -> None:
    """What was registered before counts on; who asked, accepted or renewed has agreed."""
    with op.batch_alter_table("mail_domains") as table:
        table.add_column(sa.Column("state", sa.String(length=40), nullable=True))
        table.add_column(sa.Column("reason", sa.String(length=300), nullable=True))
        table.add_column(sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("decided_by_id", sa.Integer(), nullable=True))
    op.execute("UPDATE mail_domains SET state = 'confirmed', reason = '', decided_at = created_at")
    with op.batch_alter_table("mail_domains") as table:
        table.alter_column("state", existing_type=sa.String(length=40), nullable=False)
        table.alter_column("reason", existing_type=sa.String(length=300), nullable=False)
        table.create_foreign_key(op.f("fk_mail_domains_decided_by_id_users"), "users", ["decided_by_id"], ["id"])
        table.create_check_constraint(op.f("ck_mail_domains_decided"), "(state = 'pending') = (decided_at IS NULL)")
        table.drop_constraint(op.f("uq_mail_domains_domain"), type_="unique")
        table.create_unique_constraint(op.f("uq_mail_domains_organisation_id_domain"), ["organisation_id", "domain"])
    op.create_index(
        "uq_mail_domains_confirmed",
        "mail_domains",
        ["domain"],
        unique=True,
        sqlite_where=CONFIRMED,
        postgresql_where=CONFIRMED,
    )
    op.add_column("affiliations", sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE affiliations SET agreed_at = asked_at WHERE decided_at IS NULL OR asked_at < decided_at"
        " OR confirmed_by = 'verification' OR EXISTS (SELECT 1 FROM invitations"
        " WHERE invitations.organisation_id = affiliations.organisation_id"
        " AND invitations.accepted_by_id = affiliations.user_id"
        " AND invitations.closed_at >= affiliations.decided_at)"
    )


def downgrade() -> None:
    """Take it back; what was never confirmed is given up."""
    op.drop_column("affiliations", "agreed_at")
    op.execute("DELETE FROM mail_domains WHERE state <> 'confirmed'")
    op.drop_index("uq_mail_domains_confirmed", table_name="mail_domains")
    with op.batch_alter_table("mail_domains") as table:
        table.drop_constraint(op.f("uq_mail_domains_organisation_id_domain"), type_="unique")
        table.drop_constraint(op.f("ck_mail_domains_decided"), type_="check")
        table.drop_constraint(op.f("fk_mail_domains_decided_by_id_users"), type_="foreignkey")
        table.create_unique_constraint(op.f("uq_mail_domains_domain"), ["domain"])
        for column in ("decided_by_id", "decided_at", "reason", "state"):
            table.drop_column(column)
