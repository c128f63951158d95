"""Keep what authorities accept of each other, from when to when and by which notice."""

import sqlalchemy as sa
from alembic import op

from booking.database.guards import make_append_only

revision = "2026_11_30_recognitions"
down_revision = "2026_11_30_programmes"
branch_labels = None
depends_on = None

RECOGNITIONS, ENDINGS = "recognitions", "recognition_endings"
RULES = {
    "days_in_order": "ends_on IS NULL OR starts_on <= ends_on",
    "provider": "(kind = 'provider') = (provider_id IS NOT NULL)",
    "province": "(kind = 'provider') = (province IS NULL)",
    "document": "(kind = 'document') = (document IS NOT NULL)",
    "service_type": "kind <> 'service_type' OR service_type IS NOT NULL",
    "one_subject": "kind <> 'document' OR service_type IS NULL",
}


def upgrade() -> None:
    """recognitions, recognition_endings."""
    op.create_table(
        RECOGNITIONS,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=True),
        sa.Column("province", sa.String(length=6), nullable=True),
        sa.Column("document", sa.String(length=40), nullable=True),
        sa.Column("service_type", sa.String(length=40), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("notice", sa.String(length=160), nullable=False),
        sa.Column("notice_url", sa.String(length=300), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_{RECOGNITIONS}_{name}")) for name, rule in RULES.items()),
        *(
            _key(RECOGNITIONS, column, other, target)
            for column, other, target in (
                ("organisation_id", "organisations", "id"),
                ("provider_id", "organisations", "id"),
                ("province", "places", "adcode"),
                ("created_by_id", "users", "id"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{RECOGNITIONS}")),
    )
    op.create_index("ix_recognitions_organisation_id", RECOGNITIONS, ["organisation_id", "provider_id"])
    op.create_index("ix_recognitions_provider_id", RECOGNITIONS, ["provider_id"])
    make_append_only(op.get_bind(), RECOGNITIONS)
    _endings()


def _endings() -> None:
    op.create_table(
        ENDINGS,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("recognition_id", sa.Integer(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        _key(ENDINGS, "recognition_id", RECOGNITIONS, "id"),
        _key(ENDINGS, "created_by_id", "users", "id"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{ENDINGS}")),
        sa.UniqueConstraint("recognition_id", name=op.f(f"uq_{ENDINGS}_recognition_id")),
    )
    make_append_only(op.get_bind(), ENDINGS)


def _key(table: str, column: str, other: str, target: str) -> sa.ForeignKeyConstraint:
    """The reference of a column to another table."""
    return sa.ForeignKeyConstraint([column], [f"{other}.{target}"], name=op.f(f"fk_{table}_{column}_{other}"))


def downgrade() -> None:
    """Refused once there are rows: what authorities wrote would be lost."""
    if op.get_bind().execute(sa.text(f"SELECT 1 FROM {RECOGNITIONS} LIMIT 1")).first():  # noqa: S608 - our own name
        raise RuntimeError(
            "there are rows in the register of recognition: restore a backup from before the upgrade instead"
        )
    op.drop_table(ENDINGS)
    op.drop_table(RECOGNITIONS)
