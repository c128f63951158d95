"""Grants of the world: a second steward, one who stands in, roles to be ended."""

from datetime import date
from typing import TYPE_CHECKING, Any

from booking.accounts import audit
from booking.accounts.grants import described
from models.accounts import Grant
from models.vocabulary.accounts import Role, ScopeKind
from tests.factories.people import LONG_AGO, give

if TYPE_CHECKING:
    from tests.house.worlds import Builder


def build_grants(builder: "Builder", ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    """On either side a steward who is told of nowhere else, and the grants' ids; our reviewer, finance and trainer."""
    session, users = builder.session, builder.world.users
    for side, made in (("", ours), ("their_", theirs)):
        readers = frozenset({f"{side}admin"}) | ({"reader", "writer"} if not side else set())
        builder.person(f"{side}second", readers, readers)
        second = give(session, users[f"{side}second"], Role.STEWARD, ScopeKind.INSTRUMENT, made["asking"].id)
        builder.keep(f"{side}grant", second)
        unit = give(session, users[f"{side}second"], Role.TRAINER, ScopeKind.UNIT, made["unit"].id)
        stands_in = Grant(
            user_id=users["former"].id,
            role=Role.STEWARD,
            scope_kind=ScopeKind.INSTRUMENT,
            scope_id=made["asking"].id,
            starts_on=date(2020, 1, 1),
            ends_on=date(2020, 2, 1),
            delegated_from_id=second.id,
            created_at=LONG_AGO,
        )
        session.add(stands_in)
        session.flush()
        builder.keep(f"{side}unit_grant", unit)
        _explain_changes(builder, side, readers, made, unit)
    for key, role in {"reviewer": Role.REVIEWER, "finance": Role.INSTITUTION_FINANCE}.items():
        give(session, users[key], role, ScopeKind.ORGANISATION, ours["organisation"].id)
    give(session, users["trainer"], Role.TRAINER, ScopeKind.UNIT, ours["unit"].id)
    builder.person("closed", frozenset(), frozenset(), deactivated_at=builder.now)
    for key in ("steward", "admin", "their_steward"):
        held = session.query(Grant).filter_by(user_id=users[key].id).order_by(Grant.id).first()
        builder.keep(f"{key}_grant", held)
    session.commit()


def _explain_changes(
    builder: "Builder", side: str, readers: frozenset[str], made: dict[str, Any], given: Grant
) -> None:
    """Why records that not everybody may read were changed, and a role was given; for those who read the log."""
    told: dict[str, Any] = {"actor": None, "now": builder.now}
    for record in ("draft", "withheld"):
        reason = builder.mark(f"{side}why_{record}", readers)
        subject, after = ("instrument", made[record].id), {"fees_zh": "面议"}
        audit.note(builder.session, "catalogue.record_edited", subject, after=after, reason=reason, **told)
    reason, subject, after = builder.mark(f"{side}why_role", readers), ("grant", given.id), described(given)
    audit.note(builder.session, "accounts.grant_given", subject, after=after, reason=reason, **told)
