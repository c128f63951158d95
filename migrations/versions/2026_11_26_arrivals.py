"""Keep when instruments were accepted, reminders and exemptions of the report date, and steps of arrival."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_arrivals"
down_revision = "2026_11_26_imports"
branch_labels = None
depends_on = None

IS_STANDING = sa.text("state <> 'refused'")


def upgrade() -> None:
    op.add_column("instruments", sa.Column("accepted_on", sa.Date(), nullable=True))
    op.create_table(
        "report_notices",
        sa.Column("instrument_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("accepted_on", sa.Date(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["instruments.id"], name=op.f("fk_report_notices_instrument_id_instruments")
        ),
        sa.PrimaryKeyConstraint("instrument_id", "kind", "accepted_on", name=op.f("pk_report_notices")),
    )
    _create_exemptions()
    op.create_table(
        "arrival_ticks",
        sa.Column("instrument_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("ticked_by_id", sa.Integer(), nullable=False),
        sa.Column("ticked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.String(length=600), nullable=False),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["instruments.id"], name=op.f("fk_arrival_ticks_instrument_id_instruments")
        ),
        sa.ForeignKeyConstraint(["ticked_by_id"], ["users.id"], name=op.f("fk_arrival_ticks_ticked_by_id_users")),
        sa.PrimaryKeyConstraint("instrument_id", "step", name=op.f("pk_arrival_ticks")),
    )


def _create_exemptions() -> None:
    op.create_table(
        "report_exemptions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("instrument_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=600), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(length=600), nullable=False),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["instruments.id"], name=op.f("fk_report_exemptions_instrument_id_instruments")
        ),
        sa.ForeignKeyConstraint(["asked_by_id"], ["users.id"], name=op.f("fk_report_exemptions_asked_by_id_users")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["users.id"], name=op.f("fk_report_exemptions_decided_by_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_exemptions")),
    )
    op.create_index(
        "uq_report_exemptions_standing",
        "report_exemptions",
        ["instrument_id"],
        unique=True,
        sqlite_where=IS_STANDING,
        postgresql_where=IS_STANDING,
    )
    op.create_index("ix_report_exemptions_state", "report_exemptions", ["state"])


def downgrade() -> None:
    for table in ("arrival_ticks", "report_exemptions", "report_notices"):
        op.drop_table(table)
    with op.batch_alter_table("instruments", schema=None) as batch_op:
        batch_op.drop_column("accepted_on")
