"""Let what was recorded as paid between two provinces be taken back by a new entry, for a reason."""

import sqlalchemy as sa
from alembic import op

from booking.database.guards import make_append_only

revision = "2026_12_02_clearing_reversals"
down_revision = "2026_12_02_outcomes_elsewhere"
branch_labels = None
depends_on = None

EVENTS, ONCE = "clearing_events", "uq_clearing_events_once"
BEFORE = {"entry": "step = 'settle' OR entry_id IS NULL", "text": "step NOT IN ('object', 'answer') OR text <> ''"}
AFTER = {
    "entry": "step IN ('settle', 'reverse') OR entry_id IS NULL",
    "text": "step NOT IN ('object', 'answer', 'reverse') OR text <> ''",
}


def upgrade() -> None:
    """A statement is settled once by its lock and the key of its entry; only its confirmation stays once for good."""
    _change(AFTER, "step = 'confirm'")


def downgrade() -> None:
    """Refused once something was taken back: that would be lost."""
    reversed_once = sa.text(f"SELECT 1 FROM {EVENTS} WHERE step = 'reverse' LIMIT 1")  # noqa: S608 - our own name
    if op.get_bind().execute(reversed_once).first():
        raise RuntimeError("payments were taken back: restore a backup from before the upgrade instead")
    _change(BEFORE, "step IN ('confirm', 'settle')")


def _change(rules: dict[str, str], once: str) -> None:
    op.drop_index(ONCE, EVENTS)
    with op.batch_alter_table(EVENTS) as table:
        for name, rule in rules.items():
            table.drop_constraint(op.f(f"ck_{EVENTS}_{name}"), type_="check")
            table.create_check_constraint(op.f(f"ck_{EVENTS}_{name}"), rule)
    if op.get_bind().dialect.name == "sqlite":
        make_append_only(op.get_bind(), EVENTS)
    where = sa.text(once)
    op.create_index(ONCE, EVENTS, ["statement_id", "step"], unique=True, sqlite_where=where, postgresql_where=where)
