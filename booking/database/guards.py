"""What the database itself refuses and keeps: overlapping claims, changes to append-only tables, balances.

Migrations call these; `expected` names every guard that must be there at head.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

APPEND_ONLY_TABLES = (
    "audit_entries",
    "reservation_changes",
    "reviews",
    "price_policies",
    "reservation_quotes",
    "ledger_entries",
    "ledger_transfers",
    "payer_movements",
    "payer_holds",
    "sample_quotes",
    "sample_order_steps",
    "sample_results",
    "reservation_uses",
    "charge_lines",
    "charge_events",
    "charge_captures",
    "statements",
    "statement_items",
    "receipts",
    "settlements",
    "invoices",
    "invoice_items",
    "invoice_top_ups",
    "invoice_withdrawals",
    "contract_texts",
    "contract_signatures",
    "contract_events",
    "use_agreements",
    "order_forms",
    "programme_versions",
    "recognitions",
    "recognition_endings",
    "clearing_statements",
    "clearing_figures",
    "clearing_events",
    "voucher_steps",
    "voucher_relations",
    "voucher_wishes",
    "voucher_holds",
    "voucher_captures",
    "application_events",
    "verified_documents",
    "verified_document_withdrawals",
    "redemption_events",
    "redemption_payments",
    "redemption_samples",
    "redemption_findings",
)

D = "[0-9]"
SQLITE_MOMENT = f"{D * 4}-{D * 2}-{D * 2} [0-2]{D}:[0-5]{D}:[0-5]{D}.{D * 6}"


def refuse_overlapping_claims(connection: Connection) -> None:
    """Two claims on one lane never overlap (half-open); by exclusion on PostgreSQL, by triggers on SQLite.

    The triggers look at one neighbour over the index on (lane_id, starts_at, ends_at): as claims on a
    lane never overlap, the last one that starts before the new end is also the last to end.
    """
    if connection.dialect.name == "sqlite":
        for name, timing in (("insert", "INSERT"), ("update", "UPDATE OF lane_id, starts_at, ends_at")):
            itself = "AND id <> OLD.id" if name == "update" else ""
            connection.execute(text(_OVERLAP_TRIGGER.format(name=name, timing=timing, itself=itself)))
        return
    connection.execute(
        text(
            "ALTER TABLE claims ADD CONSTRAINT claims_no_overlap EXCLUDE USING gist "
            f"({_lane_element(connection)}, tstzrange(starts_at, ends_at) WITH &&)"
        )
    )


_OVERLAP_TRIGGER = f"""
CREATE TRIGGER claims_no_overlap_{{name}} BEFORE {{timing}} ON claims
BEGIN
  SELECT RAISE(ABORT, 'claims_moment_format')
   WHERE NEW.starts_at NOT GLOB '{SQLITE_MOMENT}' OR NEW.ends_at NOT GLOB '{SQLITE_MOMENT}';
  SELECT RAISE(ABORT, 'claims_no_overlap')
   WHERE (SELECT ends_at FROM claims
           WHERE lane_id = NEW.lane_id AND starts_at < NEW.ends_at {{itself}}
           ORDER BY starts_at DESC LIMIT 1) > NEW.starts_at;
END
"""


def _lane_element(connection: Connection) -> str:
    """Equality of lanes: by btree_gist where the server has it, else as ranges of one number."""
    available = connection.scalar(text("SELECT count(*) FROM pg_available_extensions WHERE name = 'btree_gist'"))
    if not available:
        return "int8range(lane_id, lane_id, '[]') WITH &&"
    connection.execute(text("CREATE EXTENSION IF NOT EXISTS btree_gist"))
    return "lane_id WITH ="


def allow_overlapping_claims(connection: Connection) -> None:
    """Take the overlap guard away again (only when migrating down)."""
    if connection.dialect.name == "sqlite":
        for name in ("insert", "update"):
            connection.execute(text(f"DROP TRIGGER claims_no_overlap_{name}"))
        return
    connection.execute(text("ALTER TABLE claims DROP CONSTRAINT claims_no_overlap"))


def make_append_only(connection: Connection, table: str) -> None:
    """Refuse every UPDATE, DELETE and TRUNCATE of `table`."""
    if connection.dialect.name == "sqlite":
        for verb in ("update", "delete"):
            connection.execute(
                text(
                    f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table}_append_only'); END"
                )
            )
        return
    connection.execute(text(_REFUSE_CHANGE))
    connection.execute(
        text(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    )


_REFUSE_CHANGE = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%_append_only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$
"""


def freeze_signed_contracts(connection: Connection) -> None:
    """Nobody changes what a contract says once both sides have signed it; from then on it only ends or runs out."""
    if connection.dialect.name == "sqlite":
        changed = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in AGREED_COLUMNS)
        action = f"BEGIN SELECT RAISE(ABORT, '{SIGNED}'); END"
        connection.execute(text(f"CREATE TRIGGER {SIGNED} BEFORE UPDATE ON contracts WHEN {_frozen(changed)} {action}"))
        return
    changed = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in AGREED_COLUMNS)
    connection.execute(
        text(
            "CREATE OR REPLACE FUNCTION refuse_other_terms() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{SIGNED}' USING ERRCODE = 'restrict_violation'; END $$"
        )
    )
    connection.execute(
        text(
            f"CREATE TRIGGER {SIGNED} BEFORE UPDATE ON contracts FOR EACH ROW WHEN ({_frozen(changed)}) "
            "EXECUTE FUNCTION refuse_other_terms()"
        )
    )


def _frozen(changed: str) -> str:
    """The changes of a signed contract that are refused: other terms, and a state before or behind its end."""
    back = "NEW.state NOT IN ('signed', 'ended', 'expired')"
    again = "(OLD.state IN ('ended', 'expired') AND NEW.state <> OLD.state)"
    return f"OLD.signed_at IS NOT NULL AND OLD.state <> 'sent' AND ({changed} OR {back} OR {again})"


SIGNED = "contracts_signed"
AGREED_COLUMNS = (
    "number",
    "organisation_id",
    "party_id",
    "party_name",
    "party_name_en",
    "party_uscc",
    "owner_name",
    "owner_name_en",
    "owner_uscc",
    "scope",
    "instrument_id",
    "sample_order_id",
    "title",
    "amount_fen",
    "starts_on",
    "ends_on",
    "remark",
    "text_id",
    "sent_at",
    "signed_at",
)
"""What was agreed on, by whom and when."""


def keep_balances(connection: Connection) -> None:
    """Each transfer of the ledger changes the balances of its two accounts with it; their CHECK keeps the floor."""
    if connection.dialect.name == "sqlite":
        connection.execute(text(f"CREATE TRIGGER {POSTING} AFTER INSERT ON ledger_transfers BEGIN {_POST} END"))
        return
    connection.execute(
        text(
            "CREATE OR REPLACE FUNCTION post_transfer() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {_POST} RETURN NULL; END $$"
        )
    )
    connection.execute(
        text(f"CREATE TRIGGER {POSTING} AFTER INSERT ON ledger_transfers FOR EACH ROW EXECUTE FUNCTION post_transfer()")
    )


@contextmanager
def balances_as_stored(connection: Connection) -> Iterator[None]:
    """Transfers that are put back change no balance, because the balances are put back too."""
    has_ledger = POSTING in present(connection)
    if has_ledger and connection.dialect.name == "sqlite":
        connection.execute(text(f"DROP TRIGGER {POSTING}"))
    elif has_ledger:
        connection.execute(text(f"ALTER TABLE ledger_transfers DISABLE TRIGGER {POSTING}"))
    yield
    if has_ledger and connection.dialect.name == "sqlite":
        keep_balances(connection)
    elif has_ledger:
        connection.execute(text(f"ALTER TABLE ledger_transfers ENABLE TRIGGER {POSTING}"))


POSTING = "ledger_transfers_post"
_POST = """
UPDATE ledger_accounts SET balance_fen = balance_fen - NEW.amount_fen WHERE id = NEW.from_account_id;
UPDATE ledger_accounts SET balance_fen = balance_fen + NEW.amount_fen WHERE id = NEW.to_account_id;
"""


def expected(dialect: str) -> set[str]:
    """The names of all guards at head: triggers on SQLite, triggers and constraints on PostgreSQL."""
    if dialect == "sqlite":
        verbs = {f"{table}_no_{verb}" for table in APPEND_ONLY_TABLES for verb in ("update", "delete")}
        return verbs | {"claims_no_overlap_insert", "claims_no_overlap_update", POSTING, SIGNED}
    return {f"{table}_append_only" for table in APPEND_ONLY_TABLES} | {"claims_no_overlap", POSTING, SIGNED}


def present(connection: Connection) -> set[str]:
    """The names of all guards that the database has now."""
    if connection.dialect.name == "sqlite":
        return set(connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")))
    triggers = connection.scalars(text("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"))
    exclusions = connection.scalars(text("SELECT conname FROM pg_constraint WHERE contype = 'x'"))
    return set(triggers) | set(exclusions)
