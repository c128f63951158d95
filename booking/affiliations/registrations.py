"""Organisations register themselves; they become organisations when an operator or the platform verifies them."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.accounts import audit, grants
from booking.accounts.grants import NewGrant
from booking.accounts.permissions import Permission, reach
from booking.affiliations import house_queries, queries
from booking.affiliations.forms import RegistrationForm, VerifyForm
from booking.affiliations.rules import OWNS_INSTRUMENTS, role_of_registrant
from booking.affiliations.user_groups import lock_organisation
from booking.core.actors import Actor, Reach
from booking.core.clock import local_date
from booking.core.errors import Conflict, Forbidden, InvalidInput, NotFound, Problem, StaleVersion
from booking.core.texts import N_
from booking.directory import queries as directory_queries
from booking.directory import service as directory
from booking.directory.forms import OrganisationForm
from booking.notifications.service import announce
from models.accounts import User
from models.affiliations import Affiliation, OrganisationRegistration
from models.directory import Organisation
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.affiliations import AffiliationState, ConfirmedBy, RegistrationState
from models.vocabulary.directory import OrganisationKind

MOST_WAITING = 5
TOO_MANY = N_("最多可同时有 %(most)s 个申请等待确认。")
ENTRY = ("name_zh", "name_en", "kind", "country", "adcode", "uscc", "website")
MAY_BE_ASKED_FOR = OWNS_INSTRUMENTS | {OrganisationKind.ENTERPRISE}


def register_organisation(
    session: Session, form: RegistrationForm, *, actor: Actor, now: datetime
) -> OrganisationRegistration:
    """Register an organisation that the actor wants to act for; raises InvalidInput with every problem."""
    session.execute(select(User.id).where(User.id == actor.id).with_for_update())
    if problems := _waiting_problems(session, actor) or _entry_problems(session, form):
        raise InvalidInput(problems)
    registration = OrganisationRegistration(**form.model_dump(), registrant_id=actor.id, created_at=now)
    session.add(registration)
    session.flush()
    after = form.model_dump(mode="json")
    _note(session, "asked", registration, actor=actor, now=now, after=after)
    announce(session, "affiliations.registration_asked", {"registration_id": registration.id}, now=now)
    return registration


def correct_registration(
    session: Session,
    registration_id: int,
    form: RegistrationForm,
    *,
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> OrganisationRegistration:
    """Correct one's own registration while nobody has decided; who verifies has to read it anew.

    Raises NotFound, Forbidden, Conflict, also for an organisation that is known already, StaleVersion or InvalidInput.
    """
    registration = _own_pending(session, registration_id, actor)
    if expected_version not in {None, registration.version}:
        raise StaleVersion
    if registration.organisation_id is not None:
        raise Conflict(N_("这个单位已在名录中，不能更正；请撤回后重新申请。"))
    if problems := _entry_problems(session, form):
        raise InvalidInput(problems)
    values = form.model_dump(mode="json")
    before = {name: value for name, value in _typed(registration).items() if value != values[name]}
    if not before:
        return registration
    for name in before:
        setattr(registration, name, getattr(form, name))
    registration.version += 1
    session.flush()
    after = {name: values[name] for name in before}
    _note(session, "corrected", registration, actor=actor, now=now, before=before, after=after)
    return registration


def ask_administration(
    session: Session, organisation_id: int, message: str, *, actor: Actor, now: datetime
) -> OrganisationRegistration:
    """Ask to act for an organisation that is known already and for which nobody acts yet.

    It waits among the registrations. Raises NotFound, InvalidInput, and Conflict where it has somebody or one asked.
    """
    session.execute(select(User.id).where(User.id == actor.id).with_for_update())
    organisation = directory_queries.organisation(session, organisation_id)
    _require_unmanaged(session, organisation, now=now)
    own = select(OrganisationRegistration.organisation_id).where(OrganisationRegistration.registrant_id == actor.id)
    waiting = session.scalars(own.where(OrganisationRegistration.state == RegistrationState.PENDING)).all()
    if organisation_id in waiting:
        raise Conflict(N_("您已提出过申请，正在等待核验。"))
    if len(waiting) >= MOST_WAITING:
        raise InvalidInput([Problem("message", TOO_MANY, {"most": MOST_WAITING})])
    entry = {name: getattr(organisation, name) for name in ENTRY}
    told = {"organisation_id": organisation_id, "message": message}
    registration = OrganisationRegistration(**entry, **told, registrant_id=actor.id, created_at=now)
    session.add(registration)
    session.flush()
    _note(session, "asked", registration, actor=actor, now=now, after=told)
    announce(session, "affiliations.registration_asked", {"registration_id": registration.id}, now=now)
    return registration


def is_unmanaged(session: Session, organisation: Organisation, *, now: datetime) -> bool:
    """Whether somebody may ask to act for it: nobody does, did until lately or is going to, and it is no authority."""
    today = local_date(now)
    return organisation.kind in MAY_BE_ASKED_FOR and not house_queries.is_looked_after(session, organisation.id, today)


def verify_registration(
    session: Session,
    registration_id: int,
    form: VerifyForm,
    *,
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> OrganisationRegistration:
    """Make the organisation unless it is known; the registrant belongs to it and gets the role of its kind.

    Raises NotFound, Forbidden for a known one that is out of reach, Conflict, also where a known one has got somebody
    meanwhile, StaleVersion after a correction, and InvalidInput where giving the administration is not ticked.
    """
    registration = _pending(session, registration_id, actor)
    if expected_version not in {None, registration.version}:
        raise StaleVersion(N_("登记人刚刚更正了内容，请重新核对。"))
    if not decides(session, registration, actor):
        raise Forbidden(N_("这个单位已在名录中，由平台管理员或所在省（市）的运营人员核验。"))
    role = role_of_registrant(registration.kind)
    if role == Role.INSTITUTION_ADMIN and not form.gives_administration:
        raise InvalidInput([Problem("gives_administration", N_("请确认由登记人担任单位管理员。"))])
    is_known = registration.organisation_id is not None
    organisation = _organisation_of(session, registration, actor=actor, now=now)
    today = local_date(now)
    wanted = NewGrant(registration.registrant_id, role, ScopeKind.ORGANISATION, organisation.id, starts_on=today)
    grants.grant_after_check(session, wanted, actor=actor, now=now)
    _affiliate(session, registration.registrant_id, organisation, actor=actor, now=now)
    registration.state, registration.checked = RegistrationState.VERIFIED, form.checked
    registration.organisation_id = organisation.id
    _decide(registration, actor=actor, now=now)
    session.flush()
    after = {"organisation_id": organisation.id, "checked": form.checked, "role": role.value, "was_known": is_known}
    _note(session, "verified", registration, actor=actor, now=now, after=after)
    told = {"registration_id": registration.id, "was_known": is_known}
    announce(session, "affiliations.registration_decided", told, now=now)
    return registration


def refuse_registration(
    session: Session, registration_id: int, reason: str, *, actor: Actor, now: datetime
) -> OrganisationRegistration:
    """Refuse a registration with a reason; the person may register again. Raises NotFound or Conflict."""
    registration = _pending(session, registration_id, actor)
    registration.state, registration.reason = RegistrationState.REFUSED, reason
    _decide(registration, actor=actor, now=now)
    _note(session, "refused", registration, actor=actor, now=now, reason=reason)
    announce(session, "affiliations.registration_decided", {"registration_id": registration.id}, now=now)
    return registration


def withdraw_registration(
    session: Session, registration_id: int, *, actor: Actor, now: datetime
) -> OrganisationRegistration:
    """Take one's own registration back while nobody has decided, to correct it or to leave it; another may be made.

    Raises NotFound, Forbidden or Conflict.
    """
    registration = _own_pending(session, registration_id, actor)
    registration.state = RegistrationState.WITHDRAWN
    _decide(registration, actor=actor, now=now)
    _note(session, "withdrawn", registration, actor=actor, now=now)
    return registration


def verifies(actor: Actor | None) -> bool:
    """Whether the actor verifies organisations; operators do so for everybody, whatever centre they are of."""
    return bool(reach(actor, Permission.VERIFY_ORGANISATIONS))


def seen_by(actor: Actor | None) -> Reach:
    """Whose registrations the actor reads: everybody's who verifies, and an auditor those of what they audit."""
    return Reach(everywhere=True) if verifies(actor) else reach(actor, Permission.SEE_REGISTRATIONS)


def is_seen(registration: OrganisationRegistration, actor: Actor) -> bool:
    """Whether the actor reads this one; the registrant always does."""
    within = seen_by(actor)
    is_theirs = within.everywhere or registration.organisation_id in within.organisation_ids
    return is_theirs or registration.registrant_id == actor.id


def decides(session: Session, registration: OrganisationRegistration, actor: Actor) -> bool:
    """Whether the actor verifies this one: what is known already is the platform's, or its province's operators'."""
    within = reach(actor, Permission.VERIFY_ORGANISATIONS)
    if registration.registrant_id == actor.id or not within:
        return False
    return registration.organisation_id is None or is_of_province(session, registration.adcode, within)


def is_of_province(session: Session, adcode: str | None, within: Reach) -> bool:
    """Whether a place is in a province of these centres; every place is within the platform's reach."""
    if within.everywhere or not adcode:
        return within.everywhere
    centres = Organisation.id.in_(within.organisation_ids), Organisation.adcode.startswith(adcode[:2])
    return session.scalar(select(Organisation.id).where(*centres).limit(1)) is not None


def registration_for(session: Session, registration_id: int, actor: Actor) -> OrganisationRegistration:
    """The registration, to the registrant, to who verifies and to auditors; raises NotFound."""
    found = session.get(OrganisationRegistration, registration_id)
    if found is None or not is_seen(found, actor):
        raise NotFound
    return found


def organisation_form(registration: OrganisationRegistration) -> OrganisationForm:
    """The registration as the entry of an organisation."""
    return OrganisationForm(**{name: getattr(registration, name) for name in ENTRY})


def _own_pending(session: Session, registration_id: int, actor: Actor) -> OrganisationRegistration:
    """One's own registration, locked, while nobody has decided; raises NotFound, Forbidden or Conflict."""
    registration = registration_for(session, registration_id, actor)
    if registration.registrant_id != actor.id:
        raise Forbidden
    session.refresh(registration, with_for_update=True)
    if registration.state != RegistrationState.PENDING:
        raise Conflict(N_("这个申请已经处理过了。"))
    return registration


def _typed(registration: OrganisationRegistration) -> dict[str, Any]:
    """The registration as its form would say it."""
    values = {name: getattr(registration, name) for name in RegistrationForm.model_fields}
    return values | {"kind": registration.kind.value}


def _waiting_problems(session: Session, actor: Actor) -> list[Problem]:
    """A problem when too many of one's own wait."""
    waiting = select(func.count()).where(
        OrganisationRegistration.registrant_id == actor.id,
        OrganisationRegistration.state == RegistrationState.PENDING,
    )
    if (session.scalar(waiting) or 0) >= MOST_WAITING:
        return [Problem("name_zh", TOO_MANY, {"most": MOST_WAITING})]
    return []


def _entry_problems(session: Session, form: RegistrationForm) -> list[Problem]:
    """Everything that makes the registration impossible; other registrations are nobody's business."""
    entry = OrganisationForm(**form.model_dump(exclude={"message"}))
    found = directory.organisation_problems(session, entry)
    if form.country == "CN" and not form.uscc:
        found.append(Problem("uscc", N_("境内单位须填写统一社会信用代码。")))
    if form.country != "CN" and form.uscc:
        found.append(Problem("uscc", N_("境外单位没有统一社会信用代码。")))
    return found


def _pending(session: Session, registration_id: int, actor: Actor) -> OrganisationRegistration:
    """The registration, locked and undecided; its own registrant never verifies it."""
    registration = session.scalar(
        select(OrganisationRegistration).where(OrganisationRegistration.id == registration_id).with_for_update()
    )
    if registration is None or not is_seen(registration, actor):
        raise NotFound
    if not verifies(actor) or registration.registrant_id == actor.id:
        raise Forbidden
    if registration.state != RegistrationState.PENDING:
        raise Conflict(N_("这个申请已经处理过了。"))
    return registration


def _organisation_of(
    session: Session, registration: OrganisationRegistration, *, actor: Actor, now: datetime
) -> Organisation:
    """The organisation that is registered: made now, or the known one, locked, while nobody acts for it."""
    if registration.organisation_id is None:
        return directory.store_organisation(session, organisation_form(registration), actor=actor, now=now)
    lock_organisation(session, registration.organisation_id)
    organisation = directory_queries.organisation(session, registration.organisation_id)
    _require_unmanaged(session, organisation, now=now)
    return organisation


def _require_unmanaged(session: Session, organisation: Organisation, *, now: datetime) -> None:
    """Refuse to let somebody act for an organisation that has somebody, or is not asked for."""
    if not is_unmanaged(session, organisation, now=now):
        raise Conflict(N_("这个单位已有管理员，或由平台指定管理员。请向该单位申请隶属，或联系平台管理员。"))


def _affiliate(session: Session, user_id: int, organisation: Organisation, *, actor: Actor, now: datetime) -> None:
    """The registrant belongs to the organisation; what they asked for there is confirmed."""
    held = queries.open_affiliation(session, user_id, organisation.id)
    if held is not None and held.state == AffiliationState.CONFIRMED:
        return
    affiliation = held or Affiliation(user_id=user_id, organisation_id=organisation.id, asked_at=now, version=0)
    affiliation.state, affiliation.confirmed_by = AffiliationState.CONFIRMED, ConfirmedBy.VERIFICATION
    affiliation.starts_on, affiliation.agreed_at = local_date(now), affiliation.agreed_at or now
    affiliation.decided_at, affiliation.decided_by_id = now, actor.id
    affiliation.version += 1
    session.add(affiliation)


def _decide(registration: OrganisationRegistration, *, actor: Actor, now: datetime) -> None:
    """Keep who decided and when."""
    registration.decided_at, registration.decided_by_id = now, actor.id


def _note(session: Session, fact: str, registration: OrganisationRegistration, **more: Any) -> None:
    """One row of the log about a registration."""
    audit.note(session, f"affiliations.registration_{fact}", ("registration", registration.id), **more)
