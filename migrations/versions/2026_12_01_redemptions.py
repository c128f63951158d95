"""Keep redemptions: what is claimed of vouchers, reviews, payments and what came back, papers, audit samples."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from booking.database.guards import make_append_only

revision = "2026_12_01_redemptions"
down_revision = "2026_12_01_voucher_applications"
branch_labels = None
depends_on = None

REDEMPTIONS, ITEMS, EVENTS = "redemptions", "redemption_items", "redemption_events"
PAYMENTS, DOCUMENTS, SAMPLES = "redemption_payments", "redemption_documents", "redemption_samples"
TABLES = (REDEMPTIONS, ITEMS, EVENTS, PAYMENTS, DOCUMENTS, SAMPLES)
APPEND_ONLY = (EVENTS, PAYMENTS, SAMPLES)
PROGRAMMES, VERSIONS, ORGANISATIONS = "programmes", "programme_versions", "organisations"
USERS, ENTRIES = "users", "ledger_entries"
MOMENT, WORD = sa.DateTime(timezone=True), sa.String(length=40)


def upgrade() -> None:
    """The six tables of redemptions."""
    _redemptions()
    _items()
    _events()
    _payments()
    _documents()
    _samples()
    for name in APPEND_ONLY:
        make_append_only(op.get_bind(), name)


def _redemptions() -> None:
    _table(
        REDEMPTIONS,
        *map(_number, ("programme_id", "number", "programme_version_id", "claimant_id")),
        sa.Column("redeemed_by", WORD, nullable=False),
        *(_day(name, nullable=True) for name in ("opens_on", "closes_on")),
        sa.Column("state", WORD, nullable=False),
        _amount("claimed_fen"),
        _amount("approved_fen", nullable=True),
        _amount("clawed_fen"),
        sa.Column("note", sa.String(length=1000), nullable=False),
        *(_day(name, nullable=True) for name in ("due_on", "notice_from", "notice_until")),
        _number("requested_by_id"),
        _moment("created_at"),
        _moment("changed_at"),
        _number("version"),
        _check(REDEMPTIONS, "number", "number > 0"),
        _check(REDEMPTIONS, "amounts", "claimed_fen > 0 AND (approved_fen IS NULL OR approved_fen <= claimed_fen)"),
        _check(REDEMPTIONS, "approved", "approved_fen IS NULL OR approved_fen > 0"),
        _check(REDEMPTIONS, "clawed", "clawed_fen >= 0 AND (clawed_fen = 0 OR clawed_fen <= approved_fen)"),
        _check(REDEMPTIONS, "batch_whole", "(opens_on IS NULL) = (closes_on IS NULL)"),
        _check(REDEMPTIONS, "notice_whole", "(notice_from IS NULL) = (notice_until IS NULL)"),
        _check(REDEMPTIONS, "noticed", "state NOT IN ('notice', 'paid') OR notice_from IS NOT NULL"),
        _key(REDEMPTIONS, "programme_id", PROGRAMMES),
        _key(REDEMPTIONS, "programme_version_id", VERSIONS),
        _key(REDEMPTIONS, "claimant_id", ORGANISATIONS),
        _key(REDEMPTIONS, "requested_by_id", USERS),
        _unique(REDEMPTIONS, "programme_id", "number"),
    )
    op.create_index("ix_redemptions_claimant_id", REDEMPTIONS, ["claimant_id", "id"])
    op.create_index("ix_redemptions_state", REDEMPTIONS, ["state", "due_on"])


def _items() -> None:
    _table(
        ITEMS,
        *map(_number, ("redemption_id", "voucher_id", "charge_id", "programme_version_id")),
        _amount("claimed_fen"),
        _amount("approved_fen", nullable=True),
        _amount("clawed_fen"),
        sa.Column("reason", sa.String(length=300), nullable=False),
        _day("used_on"),
        _day("invoiced_on", nullable=True),
        *(sa.Column(name, sa.String(length=2), nullable=False) for name in ("issuer_province", "provider_province")),
        _check(ITEMS, "claimed", "claimed_fen > 0"),
        _check(ITEMS, "approved", "approved_fen IS NULL OR approved_fen BETWEEN 0 AND claimed_fen"),
        _check(ITEMS, "clawed", "clawed_fen >= 0 AND (clawed_fen = 0 OR clawed_fen <= approved_fen)"),
        _key(ITEMS, "redemption_id", REDEMPTIONS),
        _key(ITEMS, "voucher_id", "vouchers"),
        _key(ITEMS, "charge_id", "charges"),
        _key(ITEMS, "programme_version_id", VERSIONS),
        _unique(ITEMS, "redemption_id", "voucher_id", "charge_id"),
    )
    op.create_index("ix_redemption_items_voucher_id", ITEMS, ["voucher_id", "charge_id"])
    op.create_index("ix_redemption_items_charge_id", ITEMS, ["charge_id"])


def _events() -> None:
    _table(
        EVENTS,
        _number("redemption_id"),
        sa.Column("step", WORD, nullable=False),
        sa.Column("state", WORD, nullable=False),
        _number("actor_id"),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        _number("entry_id", nullable=True),
        _moment("occurred_at"),
        _key(EVENTS, "redemption_id", REDEMPTIONS),
        _key(EVENTS, "actor_id", USERS),
        _key(EVENTS, "entry_id", ENTRIES),
    )
    op.create_index("ix_redemption_events_redemption_id", EVENTS, ["redemption_id", "id"])
    op.create_index(op.f("ix_redemption_events_actor_id"), EVENTS, ["actor_id"])


def _payments() -> None:
    _table(
        PAYMENTS,
        _number("redemption_id"),
        _number("item_id", nullable=True),
        sa.Column("kind", WORD, nullable=False),
        _amount("amount_fen"),
        _day("paid_on"),
        sa.Column("receipt_number", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        _number("entry_id"),
        _number("made_by_id"),
        _moment("created_at"),
        _check(PAYMENTS, "amount", "amount_fen > 0"),
        _check(PAYMENTS, "item", "(kind = 'paid') = (item_id IS NULL)"),
        _key(PAYMENTS, "redemption_id", REDEMPTIONS),
        _key(PAYMENTS, "item_id", ITEMS),
        _key(PAYMENTS, "entry_id", ENTRIES),
        _key(PAYMENTS, "made_by_id", USERS),
        _unique(PAYMENTS, "entry_id"),
    )
    op.create_index("ix_redemption_payments_redemption_id", PAYMENTS, ["redemption_id", "id"])


def _documents() -> None:
    _table(
        DOCUMENTS,
        _number("redemption_id"),
        sa.Column("document", WORD, nullable=False),
        _number("attachment_id"),
        _moment("created_at"),
        _key(DOCUMENTS, "redemption_id", REDEMPTIONS),
        _key(DOCUMENTS, "attachment_id", "attachments"),
        _unique(DOCUMENTS, "attachment_id"),
    )
    op.create_index("ix_redemption_documents_redemption_id", DOCUMENTS, ["redemption_id", "id"])


def _samples() -> None:
    _table(
        SAMPLES,
        _number("programme_id"),
        *map(_day, ("paid_from", "paid_until")),
        sa.Column("seed", sa.String(length=64), nullable=False),
        _number("share", nullable=True),
        *(sa.Column(name, sa.JSON(), nullable=False) for name in ("population", "drawn")),
        _number("drawn_by_id"),
        _moment("created_at"),
        _check(SAMPLES, "days_in_order", "paid_from <= paid_until"),
        _check(SAMPLES, "share", "share IS NULL OR share BETWEEN 1 AND 10000"),
        _key(SAMPLES, "programme_id", PROGRAMMES),
        _key(SAMPLES, "drawn_by_id", USERS),
    )
    op.create_index("ix_redemption_samples_programme_id", SAMPLES, ["programme_id", "id"])


def _table(name: str, *parts: Any) -> None:
    """A table with its own number."""
    identity = sa.Column("id", sa.Integer(), nullable=False)
    op.create_table(name, identity, *parts, sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")))


def _number(name: str, *, nullable: bool = False) -> Any:
    return sa.Column(name, sa.Integer(), nullable=nullable)


def _amount(name: str, *, nullable: bool = False) -> Any:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _day(name: str, *, nullable: bool = False) -> Any:
    return sa.Column(name, sa.Date(), nullable=nullable)


def _moment(name: str) -> Any:
    return sa.Column(name, MOMENT, nullable=False)


def _check(table: str, name: str, rule: str) -> Any:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def _key(table: str, column: str, other: str) -> Any:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def _unique(table: str, *columns: str) -> Any:
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def downgrade() -> None:
    """Refused once there are redemptions: what was claimed and paid would be lost."""
    for name in TABLES:
        if op.get_bind().execute(sa.text(f"SELECT 1 FROM {name} LIMIT 1")).first():  # noqa: S608 - our own names
            raise RuntimeError("there are redemptions: restore a backup from before the upgrade instead")
    for name in reversed(TABLES):
        op.drop_table(name)
