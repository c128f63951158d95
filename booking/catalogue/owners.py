"""Giving an instrument to another institution: proposed, accepted, and in effect on its day.

Reservations and claims stay; who decides, unit and inherited settings are the new institution's from that day.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from booking.accounts import audit
from booking.accounts.permissions import Permission
from booking.accounts.queries import owner_of_unit
from booking.catalogue.changes import assign, changed, lock
from booking.catalogue.keeping import NOTICE, going_along, last_written, part
from booking.catalogue.levels import above_of
from booking.catalogue.owner_queries import IN_FULL, Side, parts_shared, side_of
from booking.catalogue.sharing import Inheriting
from booking.catalogue.step_forms import OwnerAcceptance, OwnerProposal
from booking.catalogue.stewards import candidates
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.errors import Conflict, Forbidden, InvalidInput, NotFound, Problem
from booking.core.texts import N_
from booking.notifications.service import announce
from models.attachments import Attachment
from models.catalogue import BookingPolicy, Instrument, InstrumentLaneGroup, LaneGroup
from models.custody import OwnerChange, Stewardship
from models.directory import Organisation
from models.reservations import Suspension
from models.vocabulary.attachments import OwnerKind
from models.vocabulary.custody import OwnerChangeState

FURTHEST_AHEAD = timedelta(days=400)
NUMBER_TAKEN = Problem("inner_id", N_("本单位已有仪器使用这个所内编号。"))


class ChangeStands(Conflict):
    """The instrument is on its way to another institution already."""

    code = "owner_change_stands"
    sentence = N_("这台仪器已有一项尚未完成的转移。")


class ChangeClosed(Conflict):
    """The change was answered, taken back, or has taken effect."""

    code = "owner_change_closed"
    sentence = N_("这项转移已经结束或已经答复。")


def propose_owner(
    session: Session, instrument_id: int, form: OwnerProposal, *, actor: Actor, now: datetime
) -> OwnerChange:
    """Offer the instrument to another institution from a day on; raises InvalidInput and ChangeStands."""
    instrument = lock(session, instrument_id, Permission.CHANGE_OWNER, actor=actor)
    if problems := _problems_of_proposal(session, instrument, form, today=local_date(now)):
        raise InvalidInput(problems)
    row = OwnerChange(
        instrument_id=instrument_id,
        from_organisation_id=instrument.organisation_id,
        to_organisation_id=form.to_organisation_id,
        starts_on=form.starts_on,
        reason=form.reason,
        proposed_by_id=actor.id,
        proposed_at=now,
    )
    try:
        session.add(row)
        session.flush()
    except IntegrityError as taken:
        raise ChangeStands from taken
    # An import that made the record is not undone any more.
    instrument.version += 1
    _note(session, row, "proposed", form.reason, actor=actor, now=now)
    _tell(session, "owner_change_asked", row, actor, now=now)
    return row


def accept_owner(
    session: Session, change_id: int, form: OwnerAcceptance, *, actor: Actor, now: datetime
) -> OwnerChange:
    """Take the instrument, from its day or, when that is over, from today; raises InvalidInput and ChangeClosed.

    Whoever asked something of the staff after the proposal has the same notice: the day comes later for them.
    """
    row, instrument, side = _locked(session, change_id, actor)
    _require(side.receives, row.state == OwnerChangeState.PROPOSED)
    inner_id = form.inner_id or instrument.inner_id
    if problems := _problems_of_acceptance(session, row, instrument, form.unit_id, inner_id):
        raise InvalidInput(problems)
    row.to_unit_id, row.to_inner_id = form.unit_id, inner_id
    row.starts_on = max(row.starts_on, local_date(now), _noticed(session, row.instrument_id))
    _answer(session, row, OwnerChangeState.ACCEPTED, form.note, actor=actor, now=now)
    if row.starts_on <= local_date(now):
        _take_effect(session, row, instrument, actor=actor, now=now)
    return row


def decline_owner(session: Session, change_id: int, note: str = "", *, actor: Actor, now: datetime) -> OwnerChange:
    """Do not take the instrument after all; possible until the day; raises ChangeClosed."""
    row, _instrument, side = _locked(session, change_id, actor)
    _require(side.receives, row.state in {OwnerChangeState.PROPOSED, OwnerChangeState.ACCEPTED})
    _answer(session, row, OwnerChangeState.DECLINED, note, actor=actor, now=now)
    return row


def withdraw_owner(session: Session, change_id: int, note: str = "", *, actor: Actor, now: datetime) -> OwnerChange:
    """Keep the instrument after all; possible until the day; raises ChangeClosed."""
    row, _instrument, side = _locked(session, change_id, actor)
    _require(side.gives, row.state in {OwnerChangeState.PROPOSED, OwnerChangeState.ACCEPTED})
    _answer(session, row, OwnerChangeState.WITHDRAWN, note, actor=actor, now=now)
    return row


def changes_due(session: Session, *, now: datetime) -> Sequence[int]:
    """The accepted changes whose day has come, the earliest first."""
    due = OwnerChange.state == OwnerChangeState.ACCEPTED, OwnerChange.starts_on <= local_date(now)
    return session.scalars(select(OwnerChange.id).where(*due).order_by(OwnerChange.starts_on, OwnerChange.id)).all()


def apply_change(session: Session, change_id: int, *, now: datetime) -> bool:
    """Let an accepted change take effect when its day has come; whether it did now."""
    found = _read_under_lock(session, change_id)
    if found is None:
        return False
    row, instrument = found
    if row.state != OwnerChangeState.ACCEPTED or row.starts_on > local_date(now):
        return False
    _take_effect(session, row, instrument, actor=None, now=now)
    return True


def _take_effect(
    session: Session, row: OwnerChange, instrument: Instrument, *, actor: Actor | None, now: datetime
) -> None:
    """The instrument is the new institution's from this moment on, with its files, parts and suspensions.

    Raises InvalidInput when another record took the number in the same moment.
    """
    giver = session.get_one(Organisation, row.from_organisation_id)
    row.state, row.applied_at = OwnerChangeState.APPLIED, now
    values = {
        "organisation_id": row.to_organisation_id,
        "unit_id": row.to_unit_id,
        "inner_id": None if _is_taken(session, row.to_organisation_id, row.to_inner_id) else row.to_inner_id,
        **_place_kept(instrument, giver),
    }
    giver_unit_id = instrument.unit_id
    before, after = assign(instrument, values)
    try:
        session.flush()
    except IntegrityError as taken:
        raise InvalidInput([NUMBER_TAKEN]) from taken
    session.expire(instrument, ["organisation", "unit"])
    _take_along(session, instrument, now=now)
    part(session, instrument, giver_id=giver.id, giver_unit_id=giver_unit_id)
    able = {user.id for user in candidates(session, instrument, today=local_date(now))}
    named = Stewardship.instrument_id == instrument.id, Stewardship.user_id.not_in(able)
    session.execute(delete(Stewardship).where(*named))
    changed(session, instrument, "owner_changed", actor=actor, now=now, before=before, after=after, reason=row.reason)
    _note(session, row, "applied", row.reason, actor=actor, now=now)
    _tell(session, "owner_changed", row, actor, now=now)


def _place_kept(instrument: Instrument, giver: Organisation) -> dict[str, object]:
    """An instrument that stood where its old owner stands goes on standing there until it is moved."""
    kept: dict[str, object] = {} if instrument.adcode else {"adcode": giver.adcode}
    if instrument.latitude is None:
        kept |= {"latitude": giver.latitude, "longitude": giver.longitude}
    return kept


def _take_along(session: Session, instrument: Instrument, *, now: datetime) -> None:
    """Positions, files and standing suspensions are the new owner's; parts shared with other instruments stay."""
    own = InstrumentLaneGroup.instrument_id == instrument.id
    left = InstrumentLaneGroup.lane_group_id.in_(parts_shared(session, instrument.id))
    session.execute(delete(InstrumentLaneGroup).where(own, left))
    groups = select(InstrumentLaneGroup.lane_group_id).where(own)
    owner = {"organisation_id": instrument.organisation_id}
    files = Attachment.owner_kind == OwnerKind.INSTRUMENT, Attachment.owner_id == instrument.id
    for statement in (
        update(LaneGroup).where(LaneGroup.id.in_(groups)),
        update(Attachment).where(*files),
        update(Suspension).where(Suspension.instrument_id == instrument.id, Suspension.ends_at > now),
    ):
        session.execute(statement.values(owner))


def _problems_of_proposal(
    session: Session, instrument: Instrument, form: OwnerProposal, *, today: date
) -> list[Problem]:
    """Everything that is wrong with an offer."""
    found = _sharing_problems(session, instrument.id, "to_organisation_id")
    if form.to_organisation_id == instrument.organisation_id:
        found.append(Problem("to_organisation_id", N_("仪器已经属于这个单位。")))
    elif session.get(Organisation, form.to_organisation_id) is None:
        found.append(Problem("to_organisation_id", N_("没有这个单位，请从列表中选择。")))
    if not today <= form.starts_on <= today + FURTHEST_AHEAD:
        found.append(Problem("starts_on", N_("须在今天到 %(days)s 天之后。"), {"days": FURTHEST_AHEAD.days}))
    elif form.starts_on < today + NOTICE and going_along(session, instrument.id).is_written:
        found.append(
            Problem(
                "starts_on",
                N_("有未结束的咨询或委托随仪器走，最早 %(days)s 天之后，好让对方先决定。"),
                {"days": NOTICE.days},
            )
        )
    if not form.reason:
        found.append(Problem("reason", N_("请填写转移的理由。")))
    return found


def _problems_of_acceptance(
    session: Session, row: OwnerChange, instrument: Instrument, unit_id: int | None, inner_id: str | None
) -> list[Problem]:
    """Everything that hinders the instrument from standing in its new institution as chosen."""
    found = _sharing_problems(session, instrument.id, "unit_id")
    if unit_id is not None and owner_of_unit(session, unit_id) != row.to_organisation_id:
        return [*found, Problem("unit_id", N_("这个部门不属于该单位。"))]
    if _is_taken(session, row.to_organisation_id, inner_id):
        found.append(NUMBER_TAKEN)
    return found + _inheriting_problems(session, row, instrument, unit_id)


def _noticed(session: Session, instrument_id: int) -> date:
    """The first day on which everybody whose question or order goes along has had notice."""
    written = last_written(session, instrument_id)
    return date.min if written is None else local_date(written) + NOTICE


def _inheriting_problems(
    session: Session, row: OwnerChange, instrument: Instrument, unit_id: int | None
) -> list[Problem]:
    """What the instrument inherits would not fit together, or a published record would lack its contact."""
    here, there = (instrument.organisation_id, instrument.unit_id), (row.to_organisation_id, unit_id)
    above = above_of(session, [here, there])
    standing = Inheriting(instrument, session.get_one(BookingPolicy, instrument.id), above[here], above[there])
    if not standing.problems():
        return []
    return [
        Problem("unit_id", N_("仪器沿用单位或部门的设定，而这里没有填写联系方式，或规则互不相容。请先填写单位设定。"))
    ]


def _sharing_problems(session: Session, instrument_id: int, field: str) -> list[Problem]:
    """Parts that other instruments of the giving institution list cannot leave it."""
    if not parts_shared(session, instrument_id):
        return []
    return [Problem(field, N_("仪器与原单位的其他仪器共用部件，请先在预约设置中退出共用。"))]


def _is_taken(session: Session, organisation_id: int, inner_id: str | None) -> bool:
    """Whether an instrument of the institution has this number."""
    if inner_id is None:
        return False
    taken = Instrument.organisation_id == organisation_id, Instrument.inner_id == inner_id
    return session.scalar(select(Instrument.id).where(*taken).limit(1)) is not None


def _locked(session: Session, change_id: int, actor: Actor) -> tuple[OwnerChange, Instrument, Side]:
    """The change and its instrument under lock, and on which side the actor is; raises NotFound for strangers."""
    found = _read_under_lock(session, change_id)
    side = side_of(found[0], actor) if found else None
    if found is None or side is None:
        raise NotFound
    return *found, side


def _read_under_lock(session: Session, change_id: int) -> tuple[OwnerChange, Instrument] | None:
    """The instrument is locked first, then the change is read as it is now."""
    instrument_id = session.scalar(select(OwnerChange.instrument_id).where(OwnerChange.id == change_id))
    if instrument_id is None:
        return None
    locked = select(Instrument).where(Instrument.id == instrument_id).with_for_update(of=Instrument)
    loaded = locked.options(joinedload(Instrument.organisation, innerjoin=True))
    instrument = session.scalars(loaded.execution_options(populate_existing=True)).one()
    again = select(OwnerChange).where(OwnerChange.id == change_id).options(*IN_FULL)
    return session.scalars(again.execution_options(populate_existing=True)).one(), instrument


def _require(is_side: bool, is_open: bool) -> None:
    """Refuse the other side, then what is over."""
    if not is_side:
        raise Forbidden
    if not is_open:
        raise ChangeClosed


def _answer(
    session: Session,
    row: OwnerChange,
    state: OwnerChangeState,
    note: str,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Close or accept the change, and say so to the other side."""
    row.state, row.answer, row.answered_by_id, row.answered_at = state, note, actor.id, now
    _note(session, row, state.value, note, actor=actor, now=now)
    _tell(session, "owner_change_answered", row, actor, now=now)


def _note(session: Session, row: OwnerChange, fact: str, reason: str, *, actor: Actor | None, now: datetime) -> None:
    """One row of the audit log, which both institutions read."""
    after = {
        "instrument_id": row.instrument_id,
        "from_organisation_id": row.from_organisation_id,
        "to_organisation_id": row.to_organisation_id,
        "starts_on": row.starts_on.isoformat(),
    }
    subject = ("owner_change", row.id)
    audit.note(session, f"catalogue.owner_change_{fact}", subject, actor=actor, now=now, after=after, reason=reason)


def _tell(session: Session, what: str, row: OwnerChange, actor: Actor | None, *, now: datetime) -> None:
    """Announce a step."""
    payload = {"change_id": row.id, "actor_id": actor.id if actor else None}
    announce(session, f"catalogue.{what}", payload, now=now)
