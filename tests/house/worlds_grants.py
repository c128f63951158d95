"""Grants of the world: a second steward, some who stand in, roles to be ended."""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from booking.accounts import audit
from booking.accounts.grants import described
from booking.core.clock import local_date
from models.accounts import Grant
from models.directory import Organisation
from models.vocabulary.accounts import Role, ScopeKind
from tests.factories.affiliations import affiliate
from tests.factories.people import LONG_AGO, give, make_user

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


def add_stand_ins(builder: "Builder") -> None:
    """Who stands in for our administrator and for the platform's until next year, and a colleague with a role.

    Their names are no markers, so that nothing else in the world changes by them.
    """
    session, users, names = builder.session, builder.world.users, builder.world.names
    for key, role in {"admin": Role.INSTITUTION_ADMIN, "platform": Role.PLATFORM_ADMIN}.items():
        deputy = "stands_in" if key == "admin" else f"{key}_stands_in"
        held = session.query(Grant).filter_by(user_id=users[key].id, role=role).one()
        users[deputy] = make_user(session, deputy.replace("_", "-"))
        names |= {f"{deputy}_id": users[deputy].id, f"{deputy}_email": users[deputy].email}
        scope: dict[str, Any] = {"scope_kind": held.scope_kind, "scope_id": held.scope_id}
        days = {"starts_on": date(2020, 1, 1), "ends_on": local_date(builder.now) + timedelta(days=300)}
        told = {"delegated_from_id": held.id, "created_at": LONG_AGO}
        stands_in = Grant(user_id=users[deputy].id, role=role, **scope, **days, **told)
        session.add(stands_in)
        session.flush()
        builder.keep(f"{deputy}_grant", stands_in)
        builder.world.stand_ins[deputy] = key
    users["colleague"] = make_user(session, "colleague")
    ours = session.get_one(Organisation, names["organisation"])
    builder.keep("colleague_affiliation", affiliate(session, users["colleague"], ours))
    give(session, users["colleague"], Role.TECHNICIAN, ScopeKind.INSTRUMENT, names["draft"])


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
