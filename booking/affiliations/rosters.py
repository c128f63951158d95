"""A roster: uploaded, previewed, applied in one set-based transaction, repeatable."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.audit import Changed
from booking.accounts.leaving import end_grants_within, held_until
from booking.accounts.permissions import Permission, may, require
from booking.accounts.standing_in import only_stands_in
from booking.affiliations.forms import ApplyRosterForm, RosterForm
from booking.affiliations.invitations import expire_over, invite_all
from booking.affiliations.roster_planning import is_earlier, plan, refuse_rows_of
from booking.affiliations.roster_plans import DETAILS, Fate, Leaver, Plan, Planned
from booking.affiliations.roster_reading import read_roster
from booking.affiliations.roster_refusals import keep_refused
from booking.affiliations.roster_standing import standing_for
from booking.affiliations.user_groups import lock_organisation, seed_groups
from booking.affiliations.withdrawing import withdraw_all, withdraw_for
from booking.core.actors import Actor, Target
from booking.core.clock import local_date
from booking.core.errors import Conflict, InvalidInput, NotFound, Problem
from booking.core.texts import N_
from booking.directory import queries as directory
from booking.notifications.service import announce_all
from models.accounts import User
from models.affiliations import Affiliation, Invitation, Roster
from models.vocabulary.affiliations import AffiliationState, ConfirmedBy, RosterState

DRAFTS_KEPT = timedelta(days=30)
LEFT = N_("不在最新的人员名册上")


@dataclass(frozen=True, slots=True)
class _Step:
    """Who applies which roster, and when."""

    session: Session
    roster: Roster
    actor: Actor
    now: datetime

    @property
    def reason(self) -> str:
        """What the log says of each change."""
        return f"roster {self.roster.id}"


def upload_roster(session: Session, organisation_id: int, form: RosterForm, *, actor: Actor, now: datetime) -> Roster:
    """Keep a roster to be looked at and applied; raises InvalidInput for what is none."""
    directory.organisation(session, organisation_id)
    require(actor, Permission.MANAGE_AFFILIATIONS, Target(organisation_id=organisation_id))
    read_roster(form.text, today=local_date(now))
    seed_groups(session, organisation_id)
    roster = Roster(
        organisation_id=organisation_id,
        name=form.name,
        content=form.text,
        is_complete=form.is_complete,
        created_by_id=actor.id,
        created_at=now,
    )
    session.add(roster)
    session.flush()
    after = {"organisation_id": organisation_id, "name": form.name, "is_complete": form.is_complete}
    audit.note(session, "affiliations.roster_uploaded", ("roster", roster.id), actor=actor, now=now, after=after)
    return roster


def roster_for(session: Session, roster_id: int, actor: Actor, *, sees: bool = False) -> Roster:
    """The roster, for whoever manages (or `sees`) the organisation's people; raises NotFound."""
    roster = session.get(Roster, roster_id)
    permission = Permission.SEE_AFFILIATIONS if sees else Permission.MANAGE_AFFILIATIONS
    if roster is None or not may(actor, permission, Target(roster.organisation_id)):
        raise NotFound
    return roster


def plan_of(session: Session, roster: Roster, *, actor: Actor, now: datetime) -> Plan:
    """What a draft would do to the people as they stand now, applied by the actor."""
    rows, place = read_roster(roster.content, today=local_date(now)), roster.organisation_id
    may_apply = may(actor, Permission.MANAGE_AFFILIATIONS, Target(place))
    before = local_date(now) - timedelta(days=1)
    held = held_until(session, place, beyond=before, actor=actor) if may_apply else {}
    standing = standing_for(session, place, rows, held, now=now)
    found = plan(rows, standing, is_complete=roster.is_complete, own_id=actor.id)
    if only_stands_in(actor, Permission.MANAGE_AFFILIATIONS, Target(place)):
        refuse_rows_of(actor, found)
    return found


def apply_roster(session: Session, roster_id: int, form: ApplyRosterForm, *, actor: Actor, now: datetime) -> Roster:
    """Do what the preview says, all of it in one transaction; who is missing ends only when asked for.

    Then the open invitations of those who are missing are void as well.
    Raises NotFound, Conflict for a roster that is closed, or InvalidInput.
    """
    roster = _locked_draft(session, roster_id, actor)
    expire_over(session, now, organisation_id=roster.organisation_id)
    planned = plan_of(session, roster, actor=actor, now=now)
    last_day = form.last_day if form.ends_missing else None
    if problems := _problems(form, today=local_date(now)):
        raise InvalidInput(problems)
    step = _Step(session, roster, actor, now)
    _lock_people(step, planned)
    _confirm(step, planned.of(Fate.CONFIRMED))
    _change(step, planned.of(Fate.CHANGED))
    invite_all(
        session,
        roster.organisation_id,
        [row.sets for row in planned.of(Fate.INVITED)],
        actor=actor,
        now=now,
        reason=step.reason,
    )
    _change_invitations(step, planned.of(Fate.INVITATION_CHANGED))
    ended = _end(step, planned, last_day) if last_day else {}
    _close(step, planned, ended)
    return roster


def discard_roster(session: Session, roster_id: int, *, actor: Actor, now: datetime) -> Roster:
    """Throw a draft away, with its text; raises NotFound or Conflict."""
    roster = _locked_draft(session, roster_id, actor)
    roster.state, roster.content, roster.closed_at = RosterState.DISCARDED, "", now
    audit.note(session, "affiliations.roster_discarded", ("roster", roster.id), actor=actor, now=now)
    return roster


def forget_drafts(session: Session, now: datetime) -> int:
    """Throw drafts away that nobody applied within a month; how many."""
    old = update(Roster).where(Roster.state == RosterState.DRAFT, Roster.created_at < now - DRAFTS_KEPT)
    values = {"state": RosterState.DISCARDED, "content": "", "closed_at": now}
    return len(session.scalars(old.values(values).returning(Roster.id)).all())


def _locked_draft(session: Session, roster_id: int, actor: Actor) -> Roster:
    """The draft, under the organisation's lock, with its groups stored."""
    roster = roster_for(session, roster_id, actor)
    lock_organisation(session, roster.organisation_id)
    session.refresh(roster, with_for_update=True)
    if roster.state != RosterState.DRAFT:
        raise Conflict(N_("这份名册已经处理过了。"))
    return roster


def _problems(form: ApplyRosterForm, *, today: date) -> list[Problem]:
    """A last day is needed for those who are missing."""
    if form.ends_missing and form.last_day is None:
        return [Problem("last_day", N_("请填写此项。"))]
    if form.ends_missing and form.last_day and form.last_day < today - timedelta(days=1):
        return [Problem("last_day", N_("不能早于昨天。"))]
    return []


def _lock_people(step: _Step, planned: Plan) -> None:
    """Nobody on the roster asks or is confirmed elsewhere in the house meanwhile; in order of id."""
    ids = sorted({row.user_id for row in planned.rows if row.user_id is not None})
    step.session.execute(select(User.id).where(User.id.in_(ids)).order_by(User.id).with_for_update())


def _confirm(step: _Step, rows: Sequence[Planned]) -> None:
    """New affiliations, and those that were asked for; each person is told."""
    today = local_date(step.now)
    decided: dict[str, Any] = {
        "state": AffiliationState.CONFIRMED,
        "confirmed_by": ConfirmedBy.ROSTER,
        "starts_on": today,
        "decided_at": step.now,
        "decided_by_id": step.actor.id,
    }
    asked = [{"id": row.affiliation.id, **decided, **row.sets} for row in rows if row.affiliation is not None]
    _update_each(step.session, Affiliation, asked)
    fresh = [
        {
            **dict.fromkeys(DETAILS),
            "staff_number": "",
            **decided,
            **row.sets,
            "user_id": row.user_id,
            "organisation_id": step.roster.organisation_id,
            "asked_at": step.now,
        }
        for row in rows
        if row.affiliation is None
    ]
    if fresh:
        step.session.execute(insert(Affiliation), fresh)
    told = _opened(step, [row.user_id for row in rows])
    changes = [Changed(one["affiliation_id"], {}, {"user_id": one["user_id"]}) for one in told]
    _note_all(step, "affiliations.confirmed", "affiliation", changes)
    announce_all(step.session, "affiliations.confirmed", told, now=step.now)


def _change(step: _Step, rows: Sequence[Planned]) -> None:
    """Units, groups, numbers and ends of people who are confirmed already; a later end is a renewal.

    What still invites somebody whose end is earlier now is void.
    """
    shortened = [row.affiliation for row in rows if row.affiliation is not None and is_earlier(row)]
    withdraw_for(step.session, shortened, actor=step.actor, now=step.now, reason=step.reason)
    changed, changes = [], []
    for row in rows:
        held = row.affiliation
        assert held is not None
        renewed = {"leaving_told_at": None, "reminded_at": None, "ended_by_id": None} if "ends_on" in row.sets else {}
        decided = {"decided_at": step.now, "decided_by_id": step.actor.id} if "confirmed_by" in row.sets else {}
        changed.append({"id": held.id, "version": held.version + 1, **row.sets, **renewed, **decided})
        before = {name: _plain(getattr(held, name)) for name in row.sets}
        changes.append(Changed(held.id, before, {name: _plain(value) for name, value in row.sets.items()}))
    _update_each(step.session, Affiliation, changed)
    _note_all(step, "affiliations.changed", "affiliation", changes)


def _change_invitations(step: _Step, rows: Sequence[Planned]) -> None:
    """What open invitations say; nobody gets another mail for it."""
    changed = [{"id": row.invitation.id, **row.sets} for row in rows if row.invitation is not None]
    _update_each(step.session, Invitation, changed)


def _end(step: _Step, planned: Plan, last_day: date) -> dict[str, int]:
    """Whoever is missing is neither a member after the day nor invited any more; what to count of it."""
    ids = [invitation.id for invitation in planned.uninvited]
    withdrawn = withdraw_all(step.session, ids, actor=step.actor, now=step.now, reason=step.reason)
    return _end_people(step, planned.leavers, last_day) | {"withdrawn": withdrawn}


def _end_people(step: _Step, leavers: Sequence[Leaver], last_day: date) -> dict[str, int]:
    """Let those who are missing end on the day, with their grants; each is told. How many, and how many roles stay.

    Who holds a role that is not the actor's to end stays with it.
    """
    later = [one for one in leavers if one.affiliation.ends_on is None or one.affiliation.ends_on > last_day]
    ending = [one for one in later if not one.stays(last_day)]
    is_over = last_day < local_date(step.now)
    state = AffiliationState.ENDED if is_over else AffiliationState.CONFIRMED
    rows = [
        {
            "id": one.affiliation.id,
            "state": state,
            "ends_on": max(last_day, one.affiliation.starts_on),
            "reason": LEFT,
            "leaving_told_at": step.now,
            "ended_by_id": step.actor.id,
            "version": one.affiliation.version + 1,
        }
        for one in ending
    ]
    _update_each(step.session, Affiliation, rows)
    session, organisation_id = step.session, step.roster.organisation_id
    users = [one.affiliation.user_id for one in ending]
    outcome = end_grants_within(
        session, organisation_id, users, last_day=last_day, actor=step.actor, now=step.now, reason=step.reason
    )
    before = [{"ends_on": _plain(one.affiliation.ends_on)} for one in ending]
    changes = [
        Changed(one.affiliation.id, was, {"ends_on": last_day.isoformat()})
        for one, was in zip(ending, before, strict=True)
    ]
    _note_all(step, "affiliations.ended", "affiliation", changes)
    _tell_of_ends(step, ending, last_day, is_over=is_over)
    return {"ended": len(ending), "roles_kept": outcome.kept, "people_kept": len(later) - len(ending)}


def _tell_of_ends(step: _Step, ending: Sequence[Leaver], last_day: date, *, is_over: bool) -> None:
    """Announce each end, and at once that it is over where the day is past."""
    told = [
        {
            "affiliation_id": one.affiliation.id,
            "user_id": one.affiliation.user_id,
            "organisation_id": step.roster.organisation_id,
            "last_day": last_day.isoformat(),
        }
        for one in ending
    ]
    for event in ("affiliations.ended", "affiliations.over") if is_over else ("affiliations.ended",):
        announce_all(step.session, event, told, now=step.now)


def _close(step: _Step, planned: Plan, ended: Mapping[str, int]) -> None:
    """Keep what became of the rows, and who stood on them only where a row was refused."""
    roster = step.roster
    keep_refused(roster, planned)
    counts = planned.counts() | {"ended": 0, "withdrawn": 0, **ended}
    roster.outcome = {**(roster.outcome or {}), "counts": counts}
    roster.state, roster.content, roster.closed_at = RosterState.APPLIED, "", step.now
    subject = ("roster", roster.id)
    audit.note(step.session, "affiliations.roster_applied", subject, actor=step.actor, now=step.now, after=counts)


def _opened(step: _Step, user_ids: Sequence[int | None]) -> list[dict[str, int]]:
    """Whom the events name: these people's open affiliations with the organisation."""
    organisation_id = step.roster.organisation_id
    found = step.session.execute(
        select(Affiliation.id, Affiliation.user_id)
        .where(
            Affiliation.organisation_id == organisation_id,
            Affiliation.user_id.in_(user_ids),
            Affiliation.state == AffiliationState.CONFIRMED,
        )
        .order_by(Affiliation.id)
    )
    return [{"affiliation_id": one.id, "user_id": one.user_id, "organisation_id": organisation_id} for one in found]


def _update_each(session: Session, table: type[Affiliation] | type[Invitation], rows: Sequence[dict[str, Any]]) -> None:
    """Set columns of many rows, each by its id; rows that set the same columns go in one execution."""
    by_columns: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        by_columns.setdefault(tuple(sorted(row)), []).append(row)
    for several in by_columns.values():
        session.execute(update(table), several)


def _note_all(step: _Step, action: str, kind: str, changes: Sequence[Changed]) -> None:
    """One row of the log for each, in one statement."""
    audit.note_all(step.session, action, kind, changes, actor=step.actor, now=step.now, reason=step.reason)


def _plain(value: Any) -> Any:
    """A value as the log keeps it."""
    return value.isoformat() if isinstance(value, date) else value
