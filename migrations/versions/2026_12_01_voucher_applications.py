"""Keep what firms apply for, their papers, who decided what, and which papers an authority has verified."""

import sqlalchemy as sa
from alembic import op

from booking.database.guards import make_append_only

revision = "2026_12_01_voucher_applications"
down_revision = "2026_12_01_booked_vouchers"
branch_labels = None
depends_on = None

APPLICATIONS, PAPERS, EVENTS, DOCUMENTS = (
    "voucher_applications",
    "application_papers",
    "application_events",
    "verified_documents",
)
RULES = {
    "wanted": "wanted_fen > 0",
    "granted": "granted_fen IS NULL OR (granted_fen > 0 AND granted_fen <= wanted_fen)",
    "voucher": "(state = 'issued') = (voucher_id IS NOT NULL)",
    "issued": "(state = 'issued') = (granted_fen IS NOT NULL)",
    "due": "(state IN ('district_review', 'province_review')) = (due_on IS NOT NULL)",
    "submitted": "due_on IS NULL OR (district_id IS NOT NULL AND submitted_at IS NOT NULL)",
}
OPEN = sa.text("state IN ('draft', 'district_review', 'province_review', 'returned')")


def upgrade() -> None:
    """voucher_applications, application_papers, application_events, verified_documents."""
    op.create_table(
        APPLICATIONS,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=True),
        sa.Column("wanted_fen", sa.BigInteger(), nullable=False),
        sa.Column("granted_fen", sa.BigInteger(), nullable=True),
        sa.Column("statement", sa.String(length=2000), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(length=600), nullable=False),
        sa.Column("before_id", sa.Integer(), nullable=True),
        sa.Column("voucher_id", sa.Integer(), nullable=True),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_{APPLICATIONS}_{name}")) for name, rule in RULES.items()),
        _key(APPLICATIONS, "programme_id", "programmes"),
        _key(APPLICATIONS, "organisation_id", "organisations"),
        _key(APPLICATIONS, "district_id", "organisations"),
        _key(APPLICATIONS, "before_id", APPLICATIONS),
        _key(APPLICATIONS, "voucher_id", "vouchers"),
        _key(APPLICATIONS, "created_by_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{APPLICATIONS}")),
        sa.UniqueConstraint("voucher_id", name=op.f(f"uq_{APPLICATIONS}_voucher_id")),
    )
    op.create_index(
        f"uq_{APPLICATIONS}_open",
        APPLICATIONS,
        ["programme_id", "organisation_id"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.create_index(f"ix_{APPLICATIONS}_organisation_id", APPLICATIONS, ["organisation_id"])
    op.create_index(f"ix_{APPLICATIONS}_programme_id", APPLICATIONS, ["programme_id", "state", "due_on"])
    op.create_index(f"ix_{APPLICATIONS}_district_id", APPLICATIONS, ["district_id", "state", "due_on"])
    _papers()
    _events()
    _documents()


def _papers() -> None:
    op.create_table(
        PAPERS,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("document", sa.String(length=40), nullable=False),
        sa.Column("attachment_id", sa.Integer(), nullable=False),
        _key(PAPERS, "application_id", APPLICATIONS),
        _key(PAPERS, "attachment_id", "attachments"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{PAPERS}")),
        sa.UniqueConstraint("application_id", "document", name=op.f(f"uq_{PAPERS}_application_id_document")),
    )
    op.create_index(op.f(f"ix_{PAPERS}_attachment_id"), PAPERS, ["attachment_id"])


def _events() -> None:
    op.create_table(
        EVENTS,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=600), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        _key(EVENTS, "application_id", APPLICATIONS),
        _key(EVENTS, "actor_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{EVENTS}")),
    )
    op.create_index(op.f(f"ix_{EVENTS}_application_id"), EVENTS, ["application_id"])
    op.create_index(op.f(f"ix_{EVENTS}_actor_id"), EVENTS, ["actor_id"])
    make_append_only(op.get_bind(), EVENTS)


def _documents() -> None:
    op.create_table(
        DOCUMENTS,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("document", sa.String(length=40), nullable=False),
        sa.Column("attachment_id", sa.Integer(), nullable=False),
        sa.Column("authority_id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("verified_by_id", sa.Integer(), nullable=False),
        sa.Column("verified_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("verified_on <= expires_on", name=op.f(f"ck_{DOCUMENTS}_days_in_order")),
        _key(DOCUMENTS, "organisation_id", "organisations"),
        _key(DOCUMENTS, "attachment_id", "attachments"),
        _key(DOCUMENTS, "authority_id", "organisations"),
        _key(DOCUMENTS, "application_id", APPLICATIONS),
        _key(DOCUMENTS, "verified_by_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{DOCUMENTS}")),
    )
    op.create_index(f"ix_{DOCUMENTS}_organisation_id", DOCUMENTS, ["organisation_id", "document", "expires_on"])
    op.create_index(f"ix_{DOCUMENTS}_authority_id", DOCUMENTS, ["authority_id", "expires_on"])
    op.create_index(op.f(f"ix_{DOCUMENTS}_attachment_id"), DOCUMENTS, ["attachment_id"])
    op.create_index(op.f(f"ix_{DOCUMENTS}_application_id"), DOCUMENTS, ["application_id"])
    make_append_only(op.get_bind(), DOCUMENTS)


def _key(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    """The reference of a column to another table."""
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def downgrade() -> None:
    """Refused once there are rows: what firms applied for and officers decided would be lost."""
    if op.get_bind().execute(sa.text(f"SELECT 1 FROM {APPLICATIONS} LIMIT 1")).first():  # noqa: S608 - our own name
        raise RuntimeError("there are applications for vouchers: restore a backup from before the upgrade instead")
    for table in (DOCUMENTS, EVENTS, PAPERS, APPLICATIONS):
        op.drop_table(table)
