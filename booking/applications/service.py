"""What a firm does with an application before it is reviewed, and what every step shares: the lock, the history."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.permissions import Permission, organisation_meant, require
from booking.applications import register
from booking.applications.eligibility import NotEligible, eligibility
from booking.applications.forms import ApplicationForm, NewApplicationForm
from booking.applications.queries import in_full, papers_of, side_of
from booking.applications.rules import BEFORE_SUBMITTING, Side, papers_needed, target_of_step
from booking.attachments import service as attachments
from booking.attachments.preparing import FIELD, FilesRefused, Prepared
from booking.attachments.queries import Owner
from booking.attachments.rules import Limits
from booking.core.actors import Actor, Target
from booking.core.clock import local_date
from booking.core.errors import Conflict, Forbidden, InvalidInput, NotFound, Problem, StaleVersion
from booking.core.texts import N_
from booking.directory.queries import organisation
from booking.notifications.service import announce
from booking.programmes.queries import Shown, shown
from models.applications import ApplicationEvent, ApplicationPaper, VerifiedDocument, VoucherApplication
from models.directory import Organisation
from models.vocabulary.applications import ApplicationState, ApplicationStep, Ineligible
from models.vocabulary.attachments import OwnerKind, Visibility
from models.vocabulary.programmes import ProgrammeDocument

TERMS = ("wanted_fen", "granted_fen", "statement")
ASKED_AT_START = frozenset(
    {
        Ineligible.NOT_AN_ENTERPRISE,
        Ineligible.USCC_MISSING,
        Ineligible.OTHER_PROVINCE,
        Ineligible.LIVES_ELSEWHERE,
        Ineligible.NOT_IN_FORCE,
        Ineligible.DAYS_OVER,
        Ineligible.OPEN_APPLICATION,
    }
)
"""What no draft is made against; amounts are weighed again when it is submitted."""
OF_BUDGET = frozenset({Ineligible.BUDGET_SPENT, Ineligible.OVER_BUDGET})


class ApplicationNotNow(Conflict):
    """The application does not stand where this step begins, or somebody has decided already."""

    code = "application_not_now"
    sentence = N_("申请当前的状态不允许这样操作，可能已由他人处理。请刷新后查看。")


@dataclass(frozen=True, slots=True)
class Held:
    """A locked application with where the step leads, and from where."""

    application: VoucherApplication
    step: ApplicationStep
    source: ApplicationState
    target: ApplicationState


def start_application(
    session: Session, form: NewApplicationForm, *, actor: Actor, now: datetime, before: VoucherApplication | None = None
) -> VoucherApplication:
    """A draft that only the firm sees, with the papers that are verified already.

    Raises NotFound, Forbidden and NotEligible; the amount is weighed when it is submitted.
    """
    firm = organisation(session, organisation_meant(actor, Permission.APPLY_FOR_VOUCHERS, form.organisation_id))
    require(actor, Permission.APPLY_FOR_VOUCHERS, Target(firm.id))
    policy = shown(session, form.programme_id, local_date(now))
    lock_firm(session, firm.id)
    found = eligibility(session, policy, firm, form.amount_fen, today=local_date(now))
    if against := [one for one in found.reasons if one.code in ASKED_AT_START]:
        raise NotEligible(against)
    made = VoucherApplication(
        programme_id=form.programme_id,
        organisation_id=firm.id,
        **_asked(form),
        state=ApplicationState.DRAFT,
        before_id=before.id if before else None,
        created_by_id=actor.id,
        created_at=now,
        changed_at=now,
        version=1,
    )
    session.add(made)
    session.flush()
    fill_papers(session, made, policy, before, now=now)
    note(session, made, ApplicationStep.DRAFT, ApplicationState.DRAFT, actor=actor, now=now)
    return made


def apply_again(session: Session, application_id: int, *, actor: Actor, now: datetime) -> VoucherApplication:
    """Another application with the content of one that was refused or withdrawn, its papers included.

    Raises NotFound, Forbidden, ApplicationNotNow and NotEligible.
    """
    found = session.scalar(in_full().where(VoucherApplication.id == application_id))
    side = side_of(found, actor) if found else None
    if found is None or side is None:
        raise NotFound
    if side != Side.FIRM:
        raise Forbidden
    if found.state not in {ApplicationState.REFUSED, ApplicationState.WITHDRAWN}:
        raise ApplicationNotNow
    names = ("programme_id", "organisation_id", "statement")
    form = NewApplicationForm(amount_fen=found.wanted_fen, **{name: getattr(found, name) for name in names})
    return start_application(session, form, actor=actor, now=now, before=found)


def _asked(form: ApplicationForm) -> dict[str, Any]:
    """What is kept of what a firm asks for."""
    return {"wanted_fen": form.amount_fen, "statement": form.statement}


def edit_application(
    session: Session,
    application_id: int,
    form: ApplicationForm,
    *,
    version: int | None = None,
    actor: Actor,
    now: datetime,
) -> VoucherApplication:
    """Ask for another amount, or say something else of it; raises NotFound, Forbidden, Conflict and StaleVersion."""
    held = begin(session, application_id, ApplicationStep.EDIT, actor=actor)
    if version not in {None, held.application.version}:
        raise StaleVersion
    for name, value in _asked(form).items():
        setattr(held.application, name, value)
    return finish(session, held, actor=actor, now=now)


def hand_in_paper(
    session: Session,
    application_id: int,
    document: ProgrammeDocument,
    files: list[Prepared],
    limits: Limits,
    *,
    actor: Actor,
    now: datetime,
) -> VoucherApplication:
    """Hand in a file as one of the papers, in the place of another one; raises InvalidInput and FilesRefused."""
    held = begin(session, application_id, ApplicationStep.EDIT, actor=actor)
    application = held.application
    if document not in needed_papers(session, application, now=now):
        raise InvalidInput([Problem("document", N_("这项政策的申请不需要这份材料。"))])
    if len(files) != 1:
        raise FilesRefused([Problem(FIELD, N_("每份材料上传一个文件；有多页时请合成一个 PDF。"))])
    owner = Owner(OwnerKind.VOUCHER_APPLICATION, application.id, application.organisation_id)
    stored = attachments.add_attachments(session, owner, files, Visibility.STAFF, limits, actor=actor, now=now)
    take_out(session, application, document, actor=actor, now=now)
    session.add(ApplicationPaper(application_id=application.id, document=document, attachment_id=stored[0].id))
    session.flush()
    facts = {"document": document.value, "sha256": stored[0].sha256}
    return finish(session, held, facts=facts, actor=actor, now=now)


def remove_paper(
    session: Session, application_id: int, document: ProgrammeDocument, *, actor: Actor, now: datetime
) -> VoucherApplication:
    """Take a paper out again; raises NotFound, Forbidden and ApplicationNotNow."""
    held = begin(session, application_id, ApplicationStep.EDIT, actor=actor)
    if document not in papers_of(session, application_id):
        raise NotFound
    take_out(session, held.application, document, actor=actor, now=now)
    return finish(session, held, facts={"document": document.value, "sha256": ""}, actor=actor, now=now)


def take_out(
    session: Session, application: VoucherApplication, document: ProgrammeDocument, *, actor: Actor, now: datetime
) -> None:
    """Let go of a paper; its file goes as well where no officer has seen it and nothing else rests on it."""
    paper = papers_of(session, application.id).get(document)
    if paper is None:
        return
    file = paper.attachment
    session.delete(paper)
    session.flush()
    is_own = file.owner_id == application.id and application.submitted_at is None
    if is_own and not _is_used(session, file.id):
        owner = Owner(OwnerKind.VOUCHER_APPLICATION, application.id, application.organisation_id)
        attachments.remove_attachment(session, owner, file.id, actor=actor, now=now)


def _is_used(session: Session, attachment_id: int) -> bool:
    """Whether a file is a paper of some application, or was verified."""
    paper = exists().where(ApplicationPaper.attachment_id == attachment_id)
    verified = exists().where(VerifiedDocument.attachment_id == attachment_id)
    return bool(session.scalar(select(paper | verified)))


def fill_papers(
    session: Session,
    application: VoucherApplication,
    policy: Shown,
    before: VoucherApplication | None = None,
    *,
    now: datetime,
) -> None:
    """Hand in what is there already: the papers of the application before, and what is verified and accepted here."""
    today, authority = local_date(now), policy.programme.organisation
    usable = register.usable(session, authority, application.organisation_id, today=today)
    known = {one: row.attachment_id for one, row in register.longest(usable).items()}
    if before is not None:
        known = {one: paper.attachment_id for one, paper in papers_of(session, before.id).items()} | known
    there = papers_of(session, application.id)
    needed = [one for one in papers_needed(policy.version.documents) if one not in there and one in known]
    session.add_all(
        ApplicationPaper(application_id=application.id, document=one, attachment_id=known[one]) for one in needed
    )
    session.flush()


def needed_papers(session: Session, application: VoucherApplication, *, now: datetime) -> list[ProgrammeDocument]:
    """The papers that the programme wants with an application today."""
    policy = shown(session, application.programme_id, local_date(now))
    return papers_needed(policy.version.documents)


def check_eligible(
    session: Session, application: VoucherApplication, fen: int, *, minds_budget: bool = True, now: datetime
) -> None:
    """Weigh an application anew; raises NotEligible with every reason against, of the budget only where it minds."""
    today = local_date(now)
    policy = shown(session, application.programme_id, today)
    found = eligibility(session, policy, application.organisation, fen, today=today, itself=application.id)
    if against := [one for one in found.reasons if minds_budget or one.code not in OF_BUDGET]:
        raise NotEligible(against)


def lock_firm(session: Session, organisation_id: int) -> None:
    """Applications of a firm begin and end one after the other."""
    session.execute(select(Organisation.id).where(Organisation.id == organisation_id).with_for_update(key_share=True))


def lock(session: Session, application_id: int, *, actor: Actor) -> tuple[VoucherApplication, Side]:
    """The application, locked after its firm and read again, and as what the actor reads it; raises NotFound."""
    firm = session.scalar(select(VoucherApplication.organisation_id).where(VoucherApplication.id == application_id))
    if firm is None:
        raise NotFound
    lock_firm(session, firm)
    found = session.scalar(
        in_full()
        .where(VoucherApplication.id == application_id)
        .with_for_update(key_share=True, of=VoucherApplication)
        .execution_options(populate_existing=True)
    )
    side = side_of(found, actor) if found else None
    if found is None or side is None:
        raise NotFound
    return found, side


def begin(session: Session, application_id: int, step: ApplicationStep, *, actor: Actor) -> Held:
    """The application, locked for a step of the firm; raises NotFound, Forbidden or ApplicationNotNow."""
    found, side = lock(session, application_id, actor=actor)
    if side != Side.FIRM:
        raise Forbidden
    target = target_of_step(step, found.state, side)
    if target is None:
        raise ApplicationNotNow
    return Held(found, step, found.state, target)


def finish(
    session: Session,
    held: Held,
    *,
    values: Mapping[str, Any] | None = None,
    reason: str = "",
    facts: Mapping[str, Any] | None = None,
    actor: Actor,
    now: datetime,
) -> VoucherApplication:
    """Leave the application where the step leads, with these values, its history, an entry of the log and its event."""
    application = held.application
    for name, value in (values or {}).items():
        setattr(application, name, value)
    application.state = held.target
    application.version += 1
    application.changed_at = now
    session.flush()
    note(session, application, held.step, held.source, reason=reason, facts=facts, actor=actor, now=now)
    return application


def note(
    session: Session,
    application: VoucherApplication,
    step: ApplicationStep,
    source: ApplicationState,
    *,
    reason: str = "",
    facts: Mapping[str, Any] | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """One row of history with the terms as they are now, and of the log, and the event.

    The log, which the authority reads too, has the terms only of what was submitted.
    """
    said = {name: getattr(application, name) for name in TERMS} | dict(facts or {})
    row = ApplicationEvent(
        application_id=application.id,
        occurred_at=now,
        actor_id=actor.id,
        step=step,
        source=source,
        state=application.state,
        reason=reason,
        facts=said,
    )
    session.add(row)
    session.flush()
    after = {"step": step.value, "state": application.state.value, **({} if step in BEFORE_SUBMITTING else said)}
    subject = ("voucher_application", application.id)
    audit.note(session, "applications.changed", subject, actor=actor, now=now, after=after, reason=reason)
    told = {"application_id": application.id, "event_id": row.id}
    announce(session, "applications.changed", told, now=now)
