"""What a roster would do, row by row, to the people as they stand; pure but for one reading of how they stand."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeAlias

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.accounts.leaving import NOT_YOURS_TO_END
from booking.accounts.standing_in import NOT_ONESELF
from booking.affiliations.group_reading import stored_groups
from booking.affiliations.roster_reading import ReadRow, RosterRow
from booking.affiliations.rules import OWNS_INSTRUMENTS
from booking.core.actors import Actor
from booking.core.errors import Problem
from booking.core.texts import N_
from booking.directory import queries as directory
from models.accounts import User
from models.affiliations import Affiliation, Invitation
from models.vocabulary.affiliations import AffiliationState, ConfirmedBy, InvitationState

Mark: TypeAlias = tuple[str, str]
DETAILS = ("unit_id", "user_group_id", "staff_number", "ends_on")


class Fate(StrEnum):
    """What becomes of a row."""

    CONFIRMED = "confirmed"
    CHANGED = "changed"
    INVITED = "invited"
    INVITATION_CHANGED = "invitation_changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(slots=True)
class Planned:
    """One row with what it does: to whom, to which affiliation or invitation, and what it sets there."""

    row: ReadRow
    fate: Fate = Fate.REFUSED
    user_id: int | None = None
    affiliation: Affiliation | None = None
    invitation: Invitation | None = None
    sets: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Leaver:
    """Somebody confirmed who is not on the roster, and until when a role not the actor's to end keeps them."""

    affiliation: Affiliation
    name: str
    email: str
    held_until: date | None

    def stays(self, last_day: date) -> bool:
        """Whether they stay although others who are missing end on the day."""
        return self.held_until is not None and self.held_until > last_day


@dataclass(frozen=True, slots=True)
class Plan:
    """What a roster does: every row, and who is no longer on it, confirmed or only invited."""

    rows: list[Planned]
    leavers: list[Leaver]
    uninvited: list[Invitation]

    def of(self, *fates: Fate) -> list[Planned]:
        """The rows with one of these fates."""
        return [planned for planned in self.rows if planned.fate in fates]

    def counts(self) -> dict[str, int]:
        """How many rows have each fate, and how many people and invitations are missing."""
        found = {fate.value: len(self.of(fate)) for fate in Fate}
        return found | {"missing": len(self.leavers), "missing_invitations": len(self.uninvited)}


@dataclass(frozen=True, slots=True)
class Standing:
    """How an organisation's people stand: accounts by address, open affiliations, invitations, names of units.

    `accepted` is who came by an invitation and is still there, by what the invitation knew of them. `held_until` is,
    by person, until when they hold roles that whoever applies the roster may not end.
    """

    accounts: Mapping[str, int]
    people: Sequence[tuple[Affiliation, User]]
    by_user: Mapping[int, Affiliation]
    by_number: Mapping[str, Affiliation]
    invited: Sequence[Invitation]
    invitations: Mapping[str, Invitation]
    accepted: Mapping[Mark, int]
    units: Mapping[str, int]
    groups: Mapping[str, int]
    held_until: Mapping[int, date]

    def invitation_for(self, values: RosterRow) -> Invitation | None:
        """The open invitation of whom a row means: by address, else by telephone, else by number."""
        keys = (values.email,) if values.email else (values.phone, values.staff_number)
        return next((found for key in keys if (found := self.invitations.get(key or ""))), None)

    def account_for(self, row: ReadRow) -> int | None:
        """Whose account a row means: the address's own, unless who is there came by an invitation to what it says."""
        own = self.accounts.get(row.email)
        if own in self.by_user:
            return own
        return next((self.accepted[mark] for mark in _marks(row) if mark in self.accepted), own)


def standing_for(
    session: Session, organisation_id: int, rows: Iterable[ReadRow], held_until: Mapping[int, date], *, now: datetime
) -> Standing:
    """Read how an organisation's people stand; eight statements however many rows.

    A firm learns of nobody whether they have an account here: whoever neither belongs nor has asked is invited, and
    so is everywhere who left of their own accord.
    """
    emails = sorted({row.email for row in rows if row.values and row.email})
    confirmed = (User.confirmed_at.is_not(None), User.deactivated_at.is_(None))
    accounts = session.execute(select(User.email, User.id).where(User.email.in_(emails), *confirmed)).all()
    is_open = Affiliation.state.in_((AffiliationState.PENDING, AffiliationState.CONFIRMED))
    people = session.execute(
        select(Affiliation, User)
        .join(User, User.id == Affiliation.user_id)
        .where(Affiliation.organisation_id == organisation_id, is_open)
        .order_by(Affiliation.id)
    ).all()
    own = select(Invitation).where(Invitation.organisation_id == organisation_id).order_by(Invitation.id)
    still = (Invitation.state == InvitationState.OPEN, Invitation.expires_at > now)
    invited = session.scalars(own.where(*still)).all()
    held = [(found[0], found[1]) for found in people]
    there = {one.user_id for one, _ in held}
    left = _left_by_themselves(session, organisation_id) if _meets_accounts(session, organisation_id) else None
    return Standing(
        accounts={
            found.email: found.id
            for found in accounts
            if found.id in there or (left is not None and found.id not in left)
        },
        people=held,
        by_user={affiliation.user_id: affiliation for affiliation, _ in held},
        by_number={one.staff_number: one for one, _ in held if one.staff_number and _is_confirmed(one)},
        invited=invited,
        invitations={key: invitation for invitation in invited for key in _keys(invitation)},
        accepted=_accepted(session, organisation_id, {one.user_id: one.staff_number for one, _ in held}),
        units=_by_name(directory.units(session, organisation_id)),
        groups=_by_name(stored_groups(session, organisation_id)),
        held_until=held_until,
    )


def _meets_accounts(session: Session, organisation_id: int) -> bool:
    """Whether a roster confirms who has an account already, instead of inviting them."""
    return directory.organisation(session, organisation_id).kind in OWNS_INSTRUMENTS


def _left_by_themselves(session: Session, organisation_id: int) -> set[int]:
    """Who ended the last affiliation that they had with the organisation themselves."""
    had = Affiliation.organisation_id == organisation_id, Affiliation.confirmed_by.is_not(None)
    last = select(func.max(Affiliation.id)).where(*had).group_by(Affiliation.user_id)
    ended = select(Affiliation.user_id).where(Affiliation.id.in_(last), Affiliation.ended_by_id == Affiliation.user_id)
    return set(session.scalars(ended))


def _accepted(session: Session, organisation_id: int, numbers: Mapping[int, str]) -> dict[Mark, int]:
    """Who of those present, given with their staff numbers, came by an invitation, by its marks; the latest of several.

    A number that the person no longer has may be somebody else's by now, so it tells nothing.
    """
    columns = (Invitation.name, Invitation.email, Invitation.phone, Invitation.staff_number, Invitation.accepted_by_id)
    settled = (Invitation.organisation_id == organisation_id, Invitation.state == InvitationState.ACCEPTED)
    found = session.execute(select(*columns).where(*settled).order_by(Invitation.id))
    by_mark = {
        mark: one.accepted_by_id
        for one in found
        for mark in _known_by(one.name, one.email, one.phone, one.staff_number)
    }
    return {
        (kind, value): user_id
        for (kind, value), user_id in by_mark.items()
        if user_id in numbers and (kind != "staff_number" or numbers[user_id] in {"", value})
    }


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
        elif held is None or not _is_confirmed(held):
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
    invited = {standing.accepted.get(mark) for row in rows for mark in _marks(row)}
    return [
        Leaver(affiliation, person.name, person.email, standing.held_until.get(person.id))
        for affiliation, person in standing.people
        if _is_confirmed(affiliation)
        and affiliation.ended_by_id is None
        and person.id != own_id
        and person.email not in emails
        and person.id not in invited
        and (not affiliation.staff_number or affiliation.staff_number not in numbers)
    ]


def _uninvited(planned: Sequence[Planned], standing: Standing) -> list[Invitation]:
    """The open invitations that no row means or mentions, refused rows included."""
    meant = {row.invitation.id for row in planned if row.invitation is not None}
    marks = {mark for one in planned for mark in _marks(one.row)}
    return [
        one
        for one in standing.invited
        if one.id not in meant and marks.isdisjoint(_known_by(one.name, one.email, one.phone, one.staff_number))
    ]


def _differing(wanted: Mapping[str, Any], stands: object | None) -> dict[str, Any]:
    """What is wanted and does not stand already."""
    return {name: value for name, value in wanted.items() if stands is None or getattr(stands, name) != value}


def _is_confirmed(affiliation: Affiliation) -> bool:
    """Whether it is confirmed, not merely asked for."""
    return affiliation.state == AffiliationState.CONFIRMED


def _keys(invitation: Invitation) -> list[str]:
    """What an invitation is known again by: the address, else the telephone and the staff number."""
    keys = (invitation.email,) if invitation.email else (invitation.phone, invitation.staff_number)
    return [key for key in keys if key]


def _known_by(name: str, email: str, phone: str, staff_number: str) -> list[Mark]:
    """What somebody is known again by, the surest first; a telephone may be shared, so it counts with the name."""
    found = [("email", email), ("staff_number", staff_number)]
    if phone:
        digits = phone.replace(" ", "").replace("-", "")
        found.append(("phone", f"{digits} {''.join(name.split()).lower()}"))
    return [mark for mark in found if mark[1]]


def _marks(row: ReadRow) -> list[Mark]:
    """What a row knows somebody by."""
    return _known_by(row.label, row.email, row.phone, row.staff_number)


def _by_name(rows: Iterable[Any]) -> dict[str, int]:
    """Ids by names in both languages, letter case aside."""
    return {name.lower(): row.id for row in rows for name in (row.name_en, row.name_zh) if name}
