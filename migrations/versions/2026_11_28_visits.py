"""Keep visitors, and organisations that wait to be verified."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_visits"
down_revision = "2026_11_26_attachments"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """visits and registrations."""
    op.create_table(
        "visits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("identity_kind", sa.String(length=40), nullable=False),
        sa.Column("identity_number", sa.String(length=40), nullable=False),
        sa.Column("host_id", sa.Integer(), nullable=False),
        sa.Column("registered_by_id", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("purpose", sa.String(length=300), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("ck_visits_days_in_order")),
        sa.CheckConstraint("email <> '' OR phone <> ''", name=op.f("ck_visits_reachable")),
        *_keys(
            "visits",
            {
                "organisation_id": "organisations",
                "host_id": "users",
                "registered_by_id": "users",
                "decided_by_id": "users",
            },
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits")),
    )
    op.create_index("ix_visits_organisation_id", "visits", ["organisation_id", "state"])
    op.create_index(op.f("ix_visits_host_id"), "visits", ["host_id"])
    _registrations()


def _registrations() -> None:
    table = "organisation_registrations"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("registrant_id", sa.Integer(), nullable=False),
        sa.Column("name_zh", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("adcode", sa.String(length=6), nullable=True),
        sa.Column("uscc", sa.String(length=18), nullable=True),
        sa.Column("website", sa.String(length=200), nullable=False),
        sa.Column("message", sa.String(length=300), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("checked", sa.String(length=300), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        *_keys(table, {"registrant_id": "users", "organisation_id": "organisations", "decided_by_id": "users"}),
        sa.ForeignKeyConstraint(["adcode"], ["places.adcode"], name=op.f(f"fk_{table}_adcode_places")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_registrant_id"), table, ["registrant_id"])
    op.create_index(op.f(f"ix_{table}_state"), table, ["state"])


def _keys(table: str, named: dict[str, str]) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))
        for column, other in named.items()
    ]


def downgrade() -> None:
    """Take it back."""
    op.drop_table("organisation_registrations")
    op.drop_table("visits")
