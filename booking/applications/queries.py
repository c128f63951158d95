"""Reading applications for vouchers: one in full for who may read it, lists, and what an officer's queue holds."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased, contains_eager, joinedload

from booking.accounts.permissions import Permission, may, reach
from booking.affiliations.queries import is_member
from booking.applications import register
from booking.applications.handed_in import PaperThen, handed_in_before, papers_then
from booking.applications.reviewers import reviewing_of, took_part
from booking.applications.rules import (
    Reviewing,
    Side,
    papers_needed,
    steps_for_firm,
    steps_for_officer,
)
from booking.core.actors import Actor, Target
from booking.core.errors import NotFound
from booking.core.pages import Page, decode_cursor, page_of, row_id
from booking.programmes.queries import chosen, versions_of
from booking.vouchers.offices import has_officers
from models.applications import ApplicationEvent, ApplicationPaper, VerifiedDocument, VoucherApplication
from models.attachments import Attachment
from models.directory import Organisation
from models.programmes import Programme, ProgrammeVersion
from models.vocabulary.applications import KEPT_DOCUMENTS, ApplicationState, ApplicationStep
from models.vocabulary.programmes import ProgrammeDocument

FAR = date(2999, 12, 31)


@dataclass(frozen=True, slots=True)
class WholeApplication:
    """An application with everything that its page and its answer say."""

    application: VoucherApplication
    version: ProgrammeVersion
    side: Side
    events: Sequence[ApplicationEvent]
    papers: Mapping[ProgrammeDocument, ApplicationPaper | PaperThen]
    verified: Mapping[tuple[ProgrammeDocument, int], VerifiedDocument]
    reusable: Mapping[ProgrammeDocument, VerifiedDocument]
    steps: Sequence[ApplicationStep]
    reviewing: Reviewing | None
    wanted_fen: int
    statement: str
    is_as_handed_in: bool
    """Whether it is shown as it was handed in last, because the firm is changing it."""

    @property
    def needed(self) -> list[ProgrammeDocument]:
        """The papers that the programme wants with an application."""
        return papers_needed(self.version.documents)

    @property
    def lacking(self) -> list[ProgrammeDocument]:
        """Those that are not there, nor verified already."""
        return [one for one in self.needed if one not in self.papers and one not in self.reusable]

    @property
    def unverified(self) -> list[ProgrammeDocument]:
        """Those about the firm itself that an officer still has to verify."""
        return [one for one in self.needed if one in KEPT_DOCUMENTS and self.verified_as(one) is None]

    def verified_as(self, document: ProgrammeDocument) -> VerifiedDocument | None:
        """By whom the file of a paper was verified, until when; None where nobody has whom the authority accepts."""
        paper = self.papers.get(document)
        return self.verified.get((document, paper.attachment_id)) if paper else None


def in_full() -> Select[VoucherApplication]:
    """Applications with the firm, the programme, its authority, the office that reviews first, and the voucher."""
    return (
        select(VoucherApplication)
        .join(VoucherApplication.programme)
        .options(
            contains_eager(VoucherApplication.programme).joinedload(Programme.organisation, innerjoin=True),
            joinedload(VoucherApplication.organisation, innerjoin=True),
            joinedload(VoucherApplication.district),
            joinedload(VoucherApplication.voucher),
        )
    )


def side_of(application: VoucherApplication, actor: Actor) -> Side | None:
    """As what somebody reads it: for the firm, or once it was submitted at an authority or as an auditor."""
    if may(actor, Permission.APPLY_FOR_VOUCHERS, Target(application.organisation_id)):
        return Side.FIRM
    concerned = (application.programme.organisation_id, application.district_id, application.organisation_id)
    if application.submitted_at is None:
        return None
    is_seen = any(may(actor, Permission.SEE_APPLICATIONS, Target(one)) for one in concerned if one is not None)
    return Side.OFFICER if is_seen else None


def application_for(session: Session, application_id: int, actor: Actor) -> tuple[VoucherApplication, Side]:
    """The application and as what the actor reads it; raises NotFound for everybody else."""
    found = session.scalar(in_full().where(VoucherApplication.id == application_id))
    side = side_of(found, actor) if found else None
    if found is None or side is None:
        raise NotFound
    return found, side


def whole_application(session: Session, application_id: int, actor: Actor, *, today: date) -> WholeApplication:
    """Everything about an application in a constant number of statements; raises NotFound."""
    found, side = application_for(session, application_id, actor)
    return whole(session, found, side, actor, today=today)


def whole(session: Session, found: VoucherApplication, side: Side, actor: Actor, *, today: date) -> WholeApplication:
    """The same of one that was read already."""
    version = chosen(versions_of(session, found.programme_id), today)
    verified = register.usable(session, found.programme.organisation, found.organisation_id, today=today)
    events = events_of(session, found.id)
    reviewing = reviewing_of(session, found, events, actor, today=today)
    then = handed_in_before(events) if side == Side.OFFICER else None
    return WholeApplication(
        application=found,
        version=version,
        side=side,
        events=events,
        papers=papers_then(session, found, then) if then else papers_of(session, found.id),
        verified=register.by_file(verified),
        reusable=register.longest(verified),
        steps=steps_for_firm(found.state) if side == Side.FIRM else steps_open(found, reviewing),
        reviewing=reviewing,
        wanted_fen=then.facts["wanted_fen"] if then else found.wanted_fen,
        statement=then.facts["statement"] if then else found.statement,
        is_as_handed_in=then is not None,
    )


def steps_open(found: VoucherApplication, reviewing: Reviewing | None) -> list[ApplicationStep]:
    """What an officer may decide; nothing for who does not review it now."""
    return steps_for_officer(found.state, reviewing) if reviewing else []


def events_of(session: Session, application_id: int) -> Sequence[ApplicationEvent]:
    """What happened to an application, in order, with who did it."""
    rows = select(ApplicationEvent).where(ApplicationEvent.application_id == application_id)
    loaded = rows.options(joinedload(ApplicationEvent.actor, innerjoin=True))
    return session.scalars(loaded.order_by(ApplicationEvent.id)).all()


def papers_of(session: Session, application_id: int) -> dict[ProgrammeDocument, ApplicationPaper]:
    """The papers of an application with their files."""
    rows = select(ApplicationPaper).where(ApplicationPaper.application_id == application_id)
    loaded = rows.options(joinedload(ApplicationPaper.attachment, innerjoin=True)).order_by(ApplicationPaper.id)
    return {one.document: one for one in session.scalars(loaded)}


def file_for(session: Session, application_id: int, document: ProgrammeDocument, actor: Actor) -> Attachment:
    """The file of one paper of an application that the actor may read; raises NotFound."""
    found, side = application_for(session, application_id, actor)
    then = handed_in_before(events_of(session, application_id)) if side == Side.OFFICER else None
    papers = papers_then(session, found, then) if then else papers_of(session, application_id)
    paper = papers.get(document)
    if paper is None:
        raise NotFound
    return paper.attachment


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to; `to_review` in order of the day by which each is due."""

    states: Collection[ApplicationState] = ()
    to_review: bool = False
    own: bool = False
    programme_id: int | None = None


def applications(
    session: Session, actor: Actor, wanted: Wanted, *, today: date, limit: int, cursor: str = ""
) -> Page[VoucherApplication]:
    """The applications that somebody may read, the newest first, or those to review, the one due first at the top."""
    statement = in_full().where(*_conditions(actor, wanted, today))
    due = VoucherApplication.due_on if wanted.to_review else None
    if due is None:
        if cursor:
            statement = statement.where(VoucherApplication.id < decode_cursor(cursor, row_id)[0])
        rows = session.scalars(statement.order_by(VoucherApplication.id.desc()).limit(limit + 1)).all()
        return page_of(rows, limit, lambda row: (row.id,))
    if cursor:
        day, last = decode_cursor(cursor, date.fromisoformat, row_id)
        statement = statement.where(or_(due > day, and_(due == day, VoucherApplication.id > last)))
    rows = session.scalars(statement.order_by(due, VoucherApplication.id).limit(limit + 1)).all()
    return page_of(rows, limit, lambda row: (row.due_on, row.id))


def _conditions(actor: Actor, wanted: Wanted, today: date) -> list[ColumnElement[bool]]:
    """Which applications are wanted of those that the actor may read."""
    found = [is_seen_by(actor)]
    if wanted.own:
        found.append(is_firms(actor))
    if wanted.states:
        found.append(VoucherApplication.state.in_(wanted.states))
    if wanted.programme_id is not None:
        found.append(VoucherApplication.programme_id == wanted.programme_id)
    if wanted.to_review:
        found.append(is_to_review(actor, today))
    return found


def is_firms(actor: Actor) -> ColumnElement[bool]:
    """Applications of the firms that somebody acts for."""
    return VoucherApplication.organisation_id.in_(reach(actor, Permission.APPLY_FOR_VOUCHERS).organisation_ids)


def is_seen_by(actor: Actor) -> ColumnElement[bool]:
    """Applications that somebody may read: of their firm, and submitted ones that concern their authority."""
    seen = reach(actor, Permission.SEE_APPLICATIONS)
    submitted = VoucherApplication.submitted_at.is_not(None)
    if seen.everywhere:
        return or_(is_firms(actor), submitted)
    ids = seen.organisation_ids
    concerned = or_(
        Programme.organisation_id.in_(ids),
        VoucherApplication.district_id.in_(ids),
        VoucherApplication.organisation_id.in_(ids),
    )
    return or_(is_firms(actor), and_(submitted, concerned))


def is_to_review(actor: Actor, today: date) -> ColumnElement[bool]:
    """Applications whose review an officer may do now; four eyes are kept."""
    offices = reach(actor, Permission.REVIEW_APPLICATIONS).organisation_ids
    at_district = VoucherApplication.state == ApplicationState.DISTRICT_REVIEW
    orphaned = and_(
        Programme.organisation_id.in_(offices),
        ~has_officers(VoucherApplication.district_id, VoucherApplication.organisation_id, today),
    )
    here = or_(
        and_(at_district, or_(VoucherApplication.district_id.in_(offices), orphaned)),
        and_(
            VoucherApplication.state == ApplicationState.PROVINCE_REVIEW,
            Programme.organisation_id.in_(offices),
        ),
    )
    belongs_there = is_member(actor.id, VoucherApplication.organisation_id, today)
    return and_(here, ~is_firms(actor), ~belongs_there, ~_has_taken_part(actor))


def _has_taken_part(actor: Actor) -> ColumnElement[bool]:
    """Whether somebody filed an application or decided on it at the other office."""
    done = aliased(ApplicationEvent)
    return exists().where(done.application_id == VoucherApplication.id, done.actor_id == actor.id, took_part(done))


def firms_of(session: Session, actor: Actor | None) -> Sequence[Organisation]:
    """The firms for which somebody may apply, by name."""
    ids = reach(actor, Permission.APPLY_FOR_VOUCHERS).organisation_ids
    if not ids:
        return ()
    rows = select(Organisation).where(Organisation.id.in_(ids))
    return session.scalars(rows.order_by(Organisation.name_zh, Organisation.id)).all()


def to_complete(session: Session, actor: Actor, *, limit: int) -> Sequence[VoucherApplication]:
    """Applications of one's firms that were sent back for completion, the oldest first."""
    returned = VoucherApplication.state == ApplicationState.RETURNED
    rows = in_full().where(is_firms(actor), returned)
    return session.scalars(rows.order_by(VoucherApplication.changed_at, VoucherApplication.id).limit(limit)).all()
