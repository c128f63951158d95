"""What a roster would do, row by row, to the people as they stand; values only."""

from collections.abc import Mapping, Sequence
from typing import Any

from booking.accounts.leaving import NOT_YOURS_TO_END
from booking.accounts.standing_in import NOT_ONESELF
from booking.affiliations.roster_plans import Fate, Leaver, Plan, Planned
from booking.affiliations.roster_reading import ReadRow, RosterRow
from booking.affiliations.roster_standing import Standing, is_confirmed, known_by, marks_of
from booking.core.actors import Actor
from booking.core.errors import Problem
from booking.core.texts import N_
from models.affiliations import Affiliation, Invitation
from models.vocabulary.affiliations import ConfirmedBy


def plan(rows: Sequence[ReadRow], standing: Standing, *, is_complete: bool, own_id: int) -> Plan:
    """What each row does; with a complete roster also who is no longer on it, never whoever applies it."""
    taken: dict[int, int] = {}
    planned = [_planned(row, standing, taken) for row in rows]
    for one in planned:
        _vouch(one, is_complete=is_complete)
    if not is_complete:
        return Plan(planned, [], [])
    return Plan(planned, _leavers(rows, standing, own_id), _uninvited(planned, standing))


def refuse_rows_of(actor: Actor, plan: Plan) -> None:
    """Refuse what a roster would change for somebody themselves: they only stand in for whom it is to do so."""
    for one in plan.of(*(set(Fate) - {Fate.UNCHANGED, Fate.REFUSED})):
        if one.user_id == actor.id or one.row.email == actor.email:
            one.row.problems.append(Problem("email", NOT_ONESELF))
            one.fate, one.sets = Fate.REFUSED, {}


def _planned(row: ReadRow, standing: Standing, taken: dict[int, int]) -> Planned:
    """One row; somebody who stood in a row above is refused."""
    planned = Planned(row)
    if row.values is None:
        return planned
    values, named = row.values, _named(row, standing)
    numbered = standing.by_number.get(values.staff_number) if values.staff_number else None
    known = standing.account_for(row)
    if numbered is not None and known is not None and numbered.user_id != known:
        row.problems.append(Problem("staff_number", N_("这个工号已属于另一个人。")))
    planned.user_id = numbered.user_id if numbered is not None else known
    if planned.user_id is not None and taken.setdefault(planned.user_id, row.number) != row.number:
        row.problems.append(Problem("", N_("与第 %(number)s 行是同一个人。"), {"number": taken[planned.user_id]}))
    if not row.problems:
        _decide(planned, values, named, standing)
    return planned


def _decide(planned: Planned, values: RosterRow, named: dict[str, Any], standing: Standing) -> None:
    """The fate of a sound row: to an account, or to an invitation."""
    if planned.user_id is not None:
        held = planned.affiliation = standing.by_user.get(planned.user_id)
        planned.sets = _differing(_lasting(named, held), held)
        if _ends_roles(planned, standing):
            planned.row.problems.append(Problem("until", NOT_YOURS_TO_END))
        elif held is None or not is_confirmed(held):
            planned.fate = Fate.CONFIRMED
        else:
            planned.fate = Fate.CHANGED if planned.sets else Fate.UNCHANGED
        return
    invitation = planned.invitation = standing.invitation_for(values)
    told = named | {"name": values.name, "phone": values.phone}
    planned.sets = _differing({name: value for name, value in told.items() if value}, invitation)
    if invitation is None:
        planned.fate, planned.sets = Fate.INVITED, planned.sets | {"email": values.email or ""}
    else:
        planned.fate = Fate.INVITATION_CHANGED if planned.sets else Fate.UNCHANGED


def _ends_roles(planned: Planned, standing: Standing) -> bool:
    """Whether a row would let somebody's roles that are not the actor's to end, end earlier."""
    last_day, held_until = planned.sets.get("ends_on"), standing.held_until.get(planned.user_id or 0)
    if last_day is None or held_until is None or held_until <= last_day:
        return False
    return planned.affiliation is None or is_earlier(planned)


def is_earlier(planned: Planned) -> bool:
    """Whether a row lets an affiliation end earlier than it stands."""
    held, last_day = planned.affiliation, planned.sets.get("ends_on")
    return held is not None and last_day is not None and (held.ends_on is None or last_day < held.ends_on)


def _lasting(named: dict[str, Any], held: Affiliation | None) -> dict[str, Any]:
    """What a row sets, without another end for who leaves today of their own accord."""
    if held is None or held.ended_by_id != held.user_id:
        return named
    return {name: value for name, value in named.items() if name != "ends_on"}


def _vouch(planned: Planned, *, is_complete: bool) -> None:
    """Whom an address confirmed, a roster confirms that is complete or sets an end; the address's term is over then.

    An end that somebody announced stays.
    """
    held, values = planned.affiliation, planned.row.values
    is_there = planned.fate in {Fate.CHANGED, Fate.UNCHANGED}
    if not is_there or held is None or values is None or held.confirmed_by != ConfirmedBy.MAIL_DOMAIN:
        return
    if "ends_on" in planned.sets or (is_complete and held.ended_by_id is None):
        lasting = {"ends_on": None} if values.until is None else {}
        planned.sets |= {"confirmed_by": ConfirmedBy.ROSTER, **lasting}
        planned.fate = Fate.CHANGED


def _named(row: ReadRow, standing: Standing) -> dict[str, Any]:
    """What the row sets, with ids for names; unknown names are problems, blanks set nothing."""
    values = row.values
    assert values is not None
    found: dict[str, Any] = {"staff_number": values.staff_number, "ends_on": values.until}
    for name, text, ids, sentence in (
        ("unit", values.unit, standing.units, N_("本单位没有“%(name)s”这个部门。")),
        ("user_group", values.user_group, standing.groups, N_("本单位没有“%(name)s”这个用户类别。")),
    ):
        if text and text.lower() not in ids:
            row.problems.append(Problem(name, sentence, {"name": text}))
        found[f"{name}_id"] = ids.get(text.lower())
    return {name: value for name, value in found.items() if value}


def _leavers(rows: Sequence[ReadRow], standing: Standing, own_id: int) -> list[Leaver]:
    """The confirmed people whom no row mentions by what they are known by, refused rows included."""
    numbers = {row.staff_number for row in rows if row.staff_number}
    emails = {row.email for row in rows if row.email}
    invited = {standing.accepted.get(mark) for row in rows for mark in marks_of(row)}
    return [
        Leaver(affiliation, person.name, person.email, standing.held_until.get(person.id))
        for affiliation, person in standing.people
        if is_confirmed(affiliation)
        and affiliation.ended_by_id is None
        and person.id != own_id
        and person.email not in emails
        and person.id not in invited
        and (not affiliation.staff_number or affiliation.staff_number not in numbers)
    ]


def _uninvited(planned: Sequence[Planned], standing: Standing) -> list[Invitation]:
    """The open invitations that no row means or mentions, refused rows included."""
    meant = {row.invitation.id for row in planned if row.invitation is not None}
    marks = {mark for one in planned for mark in marks_of(one.row)}
    return [
        one
        for one in standing.invited
        if one.id not in meant and marks.isdisjoint(known_by(one.name, one.email, one.phone, one.staff_number))
    ]


def _differing(wanted: Mapping[str, Any], stands: object | None) -> dict[str, Any]:
    """What is wanted and does not stand already."""
    return {name: value for name, value in wanted.items() if stands is None or getattr(stands, name) != value}
