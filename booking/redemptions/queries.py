"""Reading redemptions: one in full for who may read it, lists for claimants and officers, what is in public."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, exists, false, or_, select, true
from sqlalchemy.orm import Session, joinedload

from booking.accounts.permissions import Permission, may, reach
from booking.affiliations.queries import is_member, is_of
from booking.attachments.queries import attachments_of
from booking.core.actors import Actor, Target
from booking.core.errors import NotFound
from booking.core.pages import Page, decode_cursor, page_of, row_id
from booking.redemptions.rules import is_notice_over, steps_elsewhere, steps_open
from booking.vouchers.offices import has_officers
from models.attachments import Attachment
from models.catalogue import Instrument
from models.charges import Charge
from models.directory import Organisation, Unit
from models.programmes import Programme, ProgrammeVersion
from models.redemptions import (
    Redemption,
    RedemptionDocument,
    RedemptionEvent,
    RedemptionItem,
    RedemptionPayment,
)
from models.vocabulary.accounts import ScopeKind
from models.vocabulary.attachments import OwnerKind, Visibility
from models.vocabulary.redemptions import WAITING, RedemptionState, RedemptionStep
from models.vouchers import Voucher

IN_PUBLIC = (RedemptionState.NOTICE, RedemptionState.PAID)


@dataclass(frozen=True, slots=True)
class Sight:
    """What an actor is to a redemption: of the claimant, an officer of the authority, or only a reader of either.

    The authority's side are its officers and auditors, who also read what is drawn to be audited; not who else has a
    role in its house; and those of the `office` that reviews first. Of one that is decided elsewhere nobody reviews;
    who claims it `records` what came of it, as officers record what they paid of others.
    """

    claims: bool
    reviews: bool
    at_authority: bool
    at_office: bool
    reads: bool
    samples: bool
    records: bool


@dataclass(frozen=True, slots=True)
class WholeRedemption:
    """A redemption with everything that its page and its answer say.

    `is_own` is whether its reader is an officer who belongs to the claimant.
    """

    redemption: Redemption
    sight: Sight
    is_own: bool
    items: Sequence[RedemptionItem]
    events: Sequence[RedemptionEvent]
    payments: Sequence[RedemptionPayment]
    documents: Sequence[RedemptionDocument]
    bank_papers: Sequence[Attachment]
    steps: frozenset[RedemptionStep]


AT = "office_id"
"""What the facts of a step call the office that took it, where that was not the programme's authority."""

OF_CLAIMANT = frozenset({RedemptionStep.REQUEST, RedemptionStep.WITHDRAW})
"""What claimants do, with one that is decided elsewhere everything."""


def shows_person(whole: WholeRedemption, event: RedemptionEvent) -> bool:
    """Whether the reader is told who took a step: their own side's people, auditors of both; else which side it was."""
    sight, is_claimants = whole.sight, is_of_claimants(whole.redemption, event)
    return sight.claims == is_claimants if sight.claims != sight.reviews else True


def side_of(whole: WholeRedemption, event: RedemptionEvent) -> Organisation:
    """The organisation whose step it was."""
    found = whole.redemption
    if is_of_claimants(found, event):
        return found.claimant
    is_offices = found.office is not None and event.facts.get(AT) == found.office_id
    return found.office if found.office and is_offices else found.programme.organisation


def is_of_claimants(redemption: Redemption, event: RedemptionEvent) -> bool:
    """Whether the claimant took a step."""
    return event.step in OF_CLAIMANT or bool(redemption.programme.runs_at)


def in_full() -> Select[Redemption]:
    """Redemptions with their programme, authority, version, claimant, the office that reviews first, and who asked."""
    return select(Redemption).options(
        joinedload(Redemption.programme, innerjoin=True).joinedload(Programme.organisation, innerjoin=True),
        joinedload(Redemption.programme_version, innerjoin=True),
        joinedload(Redemption.claimant, innerjoin=True),
        joinedload(Redemption.office),
        joinedload(Redemption.requested_by, innerjoin=True),
    )


def sight_of(redemption: Redemption, actor: Actor) -> Sight:
    """What the actor is to it."""
    claimant, authority = Target(redemption.claimant_id), Target(redemption.programme.organisation_id)
    samples = may(actor, Permission.SEE_REDEMPTION_SAMPLES, authority)
    claims, is_elsewhere = may(actor, Permission.CLAIM_REDEMPTIONS, claimant), bool(redemption.programme.runs_at)
    at_authority = not is_elsewhere and may(actor, Permission.REVIEW_REDEMPTIONS, authority)
    office = None if redemption.office_id is None else Target(redemption.office_id)
    at_office = office is not None and may(actor, Permission.REVIEW_REDEMPTIONS, office)
    reads_there = office is not None and may(actor, Permission.SEE_REDEMPTION_SAMPLES, office)
    return Sight(
        claims=claims,
        reviews=at_authority or at_office,
        at_authority=at_authority,
        at_office=at_office,
        reads=samples or reads_there or may(actor, Permission.SEE_REDEMPTIONS, claimant),
        samples=samples and not is_elsewhere,
        records=claims if is_elsewhere else at_authority,
    )


def decides(session: Session, redemption: Redemption, sight: Sight, *, today: date) -> bool:
    """Whether it is the actor's office's turn: the first review is the district's or the city's, the rest is not.

    A first review of an office that has no officers any more, or only such as are of the claimant, is the authority's.
    """
    if redemption.state != RedemptionState.REQUESTED or redemption.office_id is None:
        return sight.at_authority
    if sight.at_office or not sight.at_authority:
        return sight.at_office
    there = has_officers(redemption.office_id, redemption.claimant_id, today, besides=redemption.requested_by_id)
    return not session.scalar(select(there))


def house_of(redemption: Redemption) -> Organisation:
    """Whose turn it is: the office that reviews first until it has, then the programme's authority."""
    is_first = redemption.state == RedemptionState.REQUESTED
    return redemption.office if is_first and redemption.office else redemption.programme.organisation


def redemption_for(session: Session, redemption_id: int, actor: Actor) -> tuple[Redemption, Sight]:
    """A redemption for its claimant, the authority's officers and auditors; raises NotFound for everybody else."""
    found = session.scalar(in_full().where(Redemption.id == redemption_id))
    sight = sight_of(found, actor) if found else None
    if found is None or sight is None or not (sight.claims or sight.reviews or sight.reads):
        raise NotFound
    return found, sight


def whole_redemption(session: Session, redemption_id: int, actor: Actor, *, today: date) -> WholeRedemption:
    """Everything about a redemption in a constant number of statements; raises NotFound."""
    redemption, sight = redemption_for(session, redemption_id, actor)
    of_it = RedemptionEvent.redemption_id == redemption_id
    events = select(RedemptionEvent).where(of_it).options(joinedload(RedemptionEvent.actor, innerjoin=True))
    payments = select(RedemptionPayment).where(RedemptionPayment.redemption_id == redemption_id)
    loaded = joinedload(RedemptionPayment.made_by, innerjoin=True)
    documents = documents_of(session, redemption_id)
    handed_in = {one.attachment_id for one in documents}
    files = attachments_of(session, OwnerKind.REDEMPTION, redemption_id, frozenset(Visibility))
    return WholeRedemption(
        redemption=redemption,
        sight=sight,
        is_own=sight.reviews and is_of_claimant(session, redemption, actor, today=today),
        items=items_of(session, redemption_id),
        events=session.scalars(events.order_by(RedemptionEvent.id)).all(),
        payments=session.scalars(payments.options(loaded).order_by(RedemptionPayment.id)).all(),
        documents=documents,
        bank_papers=[one for one in files if one.id not in handed_in],
        steps=steps_for(redemption, today),
    )


def steps_for(redemption: Redemption, today: date) -> frozenset[RedemptionStep]:
    """What officers can do with it today, and its claimant with one that is decided elsewhere."""
    is_left = (redemption.approved_fen or 0) > redemption.clawed_fen
    if redemption.programme.runs_at:
        return steps_elsewhere(redemption.state, is_left=is_left)
    is_over = is_public_done(redemption, today)
    return steps_open(redemption.state, is_notice_over=is_over, is_left=is_left)


def is_public_done(redemption: Redemption, day: date) -> bool:
    """Whether on a day the public has had its days to object."""
    return is_notice_over(redemption.notice_until, redemption.programme_version.notice_days, day)


def items_of(session: Session, redemption_id: int) -> Sequence[RedemptionItem]:
    """What a redemption is made of, in the order in which it was claimed; one statement."""
    charge = joinedload(RedemptionItem.charge, innerjoin=True)
    voucher = joinedload(RedemptionItem.voucher, innerjoin=True)
    rows = select(RedemptionItem).where(RedemptionItem.redemption_id == redemption_id)
    return session.scalars(
        rows.options(
            charge.joinedload(Charge.organisation, innerjoin=True),
            charge.joinedload(Charge.instrument, innerjoin=True),
            voucher.joinedload(Voucher.organisation, innerjoin=True),
            joinedload(RedemptionItem.programme_version, innerjoin=True),
        ).order_by(RedemptionItem.id)
    ).all()


def documents_of(session: Session, redemption_id: int) -> Sequence[RedemptionDocument]:
    """The files of a redemption in the order in which they came."""
    rows = select(RedemptionDocument).where(RedemptionDocument.redemption_id == redemption_id)
    loaded = joinedload(RedemptionDocument.attachment, innerjoin=True)
    return session.scalars(rows.options(loaded).order_by(RedemptionDocument.id)).all()


def is_of_claimant(session: Session, redemption: Redemption, actor: Actor, *, today: date) -> bool:
    """Whether somebody belongs to the claimant or has a role there, in a unit or at an instrument of it too."""
    return redemption.requested_by_id == actor.id or is_of(session, actor, redemption.claimant_id, today)


def city_reviewer(session: Session, redemption_id: int) -> int | None:
    """Who made the first review."""
    made = RedemptionEvent.redemption_id == redemption_id, RedemptionEvent.step == RedemptionStep.CITY_REVIEW
    return session.scalar(select(RedemptionEvent.actor_id).where(*made).order_by(RedemptionEvent.id.desc()).limit(1))


def within(actor: Actor) -> ColumnElement[bool]:
    """Redemptions that somebody may read: of claimants for whom they read, of authorities as officer or auditor."""
    own, due = reach(actor, Permission.SEE_REDEMPTIONS), reach(actor, Permission.SEE_REDEMPTION_SAMPLES)
    if own.everywhere:
        return true()
    if not (own.organisation_ids or due.organisation_ids):
        return false()
    of_authority = select(Programme.id).where(Programme.organisation_id.in_(due.organisation_ids))
    return or_(
        Redemption.claimant_id.in_(own.organisation_ids),
        Redemption.programme_id.in_(of_authority),
        Redemption.office_id.in_(due.organisation_ids),
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which redemptions."""

    claimant_id: int | None = None
    programme_id: int | None = None
    state: RedemptionState | None = None
    is_waiting: bool = False


def redemptions(session: Session, actor: Actor, wanted: Wanted, *, limit: int, cursor: str = "") -> Page[Redemption]:
    """Those that somebody may read, the newest first."""
    rows = in_full().where(within(actor))
    if wanted.claimant_id is not None:
        rows = rows.where(Redemption.claimant_id == wanted.claimant_id)
    if wanted.programme_id is not None:
        rows = rows.where(Redemption.programme_id == wanted.programme_id)
    if wanted.state is not None:
        rows = rows.where(Redemption.state == wanted.state)
    if wanted.is_waiting:
        rows = rows.where(Redemption.state.in_(WAITING))
    if cursor:
        rows = rows.where(Redemption.id < decode_cursor(cursor, row_id)[0])
    found = session.scalars(rows.order_by(Redemption.id.desc()).limit(limit + 1)).all()
    return page_of(found, limit, lambda row: (row.id,))


def queue_of(actor: Actor, today: date) -> Select[Redemption]:
    """What an officer can do today, the one that is due first first; four eyes are kept."""
    offices = reach(actor, Permission.REVIEW_REDEMPTIONS).organisation_ids
    of_authority = Redemption.programme_id.in_(
        select(Programme.id).where(Programme.organisation_id.in_(offices), Programme.runs_at == "")
    )
    there = has_officers(Redemption.office_id, Redemption.claimant_id, today, besides=Redemption.requested_by_id)
    is_left = or_(Redemption.office_id.is_(None), ~there)
    here = or_(
        and_(Redemption.state == RedemptionState.REQUESTED, Redemption.office_id.in_(offices)),
        and_(Redemption.state == RedemptionState.REQUESTED, of_authority, is_left),
        and_(Redemption.state == RedemptionState.REVIEWED, of_authority, ~_has_reviewed(actor)),
        and_(Redemption.state == RedemptionState.NOTICE, of_authority, _is_public_done(today)),
    )
    return in_full().where(here, ~_is_own(actor, today)).order_by(Redemption.due_on, Redemption.id)


def _is_own(actor: Actor, today: date) -> ColumnElement[bool]:
    """The same as `is_of_claimant`, of rows."""
    at = {kind: [one.scope_id for one in actor.grants if one.scope_kind == kind] for kind in ScopeKind}
    return or_(
        Redemption.requested_by_id == actor.id,
        Redemption.claimant_id.in_(at[ScopeKind.ORGANISATION]),
        Redemption.claimant_id.in_(select(Unit.organisation_id).where(Unit.id.in_(at[ScopeKind.UNIT]))),
        Redemption.claimant_id.in_(
            select(Instrument.organisation_id).where(Instrument.id.in_(at[ScopeKind.INSTRUMENT]))
        ),
        is_member(actor.id, Redemption.claimant_id, today),
    )


def _has_reviewed(actor: Actor) -> ColumnElement[bool]:
    """Whether somebody made the first review."""
    made = RedemptionEvent.step == RedemptionStep.CITY_REVIEW, RedemptionEvent.actor_id == actor.id
    return exists().where(RedemptionEvent.redemption_id == Redemption.id, *made)


def _is_public_done(today: date) -> ColumnElement[bool]:
    """The same as `is_notice_over`, of rows."""
    without = exists().where(ProgrammeVersion.id == Redemption.programme_version_id, ProgrammeVersion.notice_days == 0)
    return or_(Redemption.notice_until < today, without)


def queue(session: Session, actor: Actor, *, today: date, limit: int, cursor: str = "") -> Page[Redemption]:
    """Some of what waits for an officer, by the day on which it is due."""
    rows = queue_of(actor, today)
    if cursor:
        day, last_id = decode_cursor(cursor, date.fromisoformat, row_id)
        later = and_(Redemption.due_on == day, Redemption.id > last_id)
        rows = rows.where(or_(Redemption.due_on > day, later))
    found = session.scalars(rows.limit(limit + 1)).all()
    return page_of(found, limit, lambda row: (str(row.due_on), row.id))


def notices(session: Session, *, limit: int, cursor: str = "") -> Page[Redemption]:
    """What is in public or was and is paid, for everybody, the newest first."""
    rows = in_full().where(Redemption.state.in_(IN_PUBLIC), Redemption.notice_from.is_not(None))
    if cursor:
        rows = rows.where(Redemption.id < decode_cursor(cursor, row_id)[0])
    found = session.scalars(rows.order_by(Redemption.id.desc()).limit(limit + 1)).all()
    return page_of(found, limit, lambda row: (row.id,))


def claimants_of(session: Session, actor: Actor) -> Sequence[Organisation]:
    """The organisations for which somebody may claim, by name."""
    ids = reach(actor, Permission.CLAIM_REDEMPTIONS).organisation_ids
    if not ids:
        return ()
    rows = select(Organisation).where(Organisation.id.in_(ids))
    return session.scalars(rows.order_by(Organisation.name_zh, Organisation.id)).all()


def by_ids(session: Session, redemption_ids: Collection[int]) -> Sequence[Redemption]:
    """Redemptions by their ids, in order of id."""
    return session.scalars(in_full().where(Redemption.id.in_(redemption_ids)).order_by(Redemption.id)).all()
