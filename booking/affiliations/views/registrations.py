"""The pages on which organisations are registered and verified."""

from typing import Annotated, Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from pydantic import Field
from sqlalchemy.orm import Session

from booking.accounts.labels import ROLES
from booking.accounts.permissions import Permission, reach
from booking.affiliations import due, house_queries, labels, registrations
from booking.affiliations.forms import REGISTERED_KINDS, AdministrationForm, RefuseForm, RegistrationForm, VerifyForm
from booking.affiliations.rules import role_of_registrant
from booking.affiliations.views.showing import choices, problems_in, status_of, typed_or
from booking.core.clock import utcnow
from booking.core.errors import Conflict, Forbidden, Refused
from booking.core.forms import Blank, PageForm
from booking.directory import labels as directory_labels
from booking.directory import queries as directory
from booking.web.extensions import reading, transaction
from booking.web.languages import in_language
from booking.web.reading import read_form, read_query
from booking.web.repeats import create_once, new_key
from booking.web.signed_in import require_actor, signed_in
from models.accounts import User
from models.affiliations import OrganisationRegistration
from models.vocabulary.affiliations import RegistrationState
from models.vocabulary.directory import PlaceLevel

PER_PAGE = 50


class RegistrationPage(RegistrationForm, PageForm):
    """A registration as the page sends it, with the version that it was made from when it is corrected."""

    version: Annotated[int | None, Blank] = None

    def entry(self) -> RegistrationForm:
        """The registration itself."""
        return RegistrationForm(**self.model_dump(include={*RegistrationForm.model_fields}))


class AdministrationPage(AdministrationForm, PageForm):
    """The asking to act for an organisation as the page sends it."""


class VerifyPage(VerifyForm, PageForm):
    """What was checked, as the page sends it, and which version was read."""

    version: Annotated[int | None, Blank] = None


class RefusePage(RefuseForm, PageForm):
    """A reason as the page sends it."""


class ListQuery(PageForm):
    """Which registrations are shown."""

    state: Annotated[RegistrationState | None, Blank] = None
    cursor: Annotated[str, Field(max_length=200)] = ""


@signed_in
def new() -> ResponseReturnValue:
    """Show the form for registering an organisation."""
    return _form_page()


@signed_in
def register() -> ResponseReturnValue:
    """Register an organisation."""
    actor, now = require_actor(), utcnow()
    try:
        form = read_form(RegistrationPage).entry()

        def work(session: Session) -> dict[str, int]:
            return {"id": registrations.register_organisation(session, form, actor=actor, now=now).id}

        made, _repeated = create_once(work, actor=actor, now=now)
    except Refused as refused:
        return _form_page(refused)
    flash(_("已提交，核验后会发邮件告诉您。在此之前只有您和核验人员能看到。"), "right")
    return redirect(url_for(".registration", registration_id=made["id"]), code=303)


@signed_in
def correct(registration_id: int) -> ResponseReturnValue:
    """Correct one's own registration while it waits."""
    actor = require_actor()
    found = registrations.registration_for(reading(), registration_id, actor)
    if found.registrant_id != actor.id:
        raise Forbidden
    if request.method == "GET":
        return _form_page(registration=found)
    try:
        form = read_form(RegistrationPage)
        told: dict[str, Any] = {"actor": actor, "now": utcnow(), "expected_version": form.version}
        transaction(registrations.correct_registration, registration_id, form.entry(), **told)
    except Refused as refused:
        return _form_page(refused, found)
    flash(_("已更正，仍在等待核验。"), "right")
    return redirect(url_for(".registration", registration_id=registration_id), code=303)


@signed_in
def administration(organisation_id: int) -> ResponseReturnValue:
    """Show the form for asking to act for an organisation that is known already."""
    return _administration_page(organisation_id)


@signed_in
def ask_administration(organisation_id: int) -> ResponseReturnValue:
    """Ask to act for an organisation that is known already."""
    actor, now = require_actor(), utcnow()
    directory.organisation(reading(), organisation_id)
    try:
        message = read_form(AdministrationPage).message

        def work(session: Session) -> dict[str, int]:
            return {"id": registrations.ask_administration(session, organisation_id, message, actor=actor, now=now).id}

        made, _repeated = create_once(work, actor=actor, now=now)
    except Refused as refused:
        return _administration_page(organisation_id, refused)
    flash(_("已提交，核验后会发邮件告诉您。在此之前只有您和核验人员能看到。"), "right")
    return redirect(url_for(".registration", registration_id=made["id"]), code=303)


def listed() -> ResponseReturnValue:
    """Show the organisations to verify, to auditors those of what they audit."""
    actor = require_actor()
    within, verifies = registrations.seen_by(actor), registrations.verifies(actor)
    if not within:
        raise Forbidden
    query = read_query(ListQuery)
    state = query.state or RegistrationState.PENDING
    return render_template(
        "affiliations/registrations.html",
        page=house_queries.registrations(reading(), state, within=within, limit=PER_PAGE, cursor=query.cursor),
        domains=due.domains_waiting(reading(), reach(actor, Permission.VERIFY_ORGANISATIONS), limit=PER_PAGE).items
        if verifies and state == RegistrationState.PENDING
        else [],
        verifies=verifies,
        state=state,
        tabs=[
            {"label": _(text), "url": url_for(".registrations", state=one), "active": one == state}
            for one, text in labels.REGISTRATION.items()
        ],
        labels=labels,
        kinds=directory_labels.KIND,
    )


@signed_in
def show(registration_id: int) -> ResponseReturnValue:
    """Show one registration, to the registrant, to who verifies and to auditors."""
    return _page(registration_id)


def verify(registration_id: int) -> ResponseReturnValue:
    """Verify an organisation."""
    actor = require_actor()
    registrations.registration_for(reading(), registration_id, actor)
    try:
        read = read_form(VerifyPage)
        form = VerifyForm(checked=read.checked, gives_administration=read.gives_administration)
        told: dict[str, Any] = {"actor": actor, "now": utcnow(), "expected_version": read.version}
        transaction(registrations.verify_registration, registration_id, form, **told)
    except Refused as refused:
        if refused.status == Forbidden.status:
            raise
        return _page(registration_id, refused)
    flash(_("已核验，并已发邮件告知。"), "right")
    return redirect(url_for(".registration", registration_id=registration_id), code=303)


def refuse(registration_id: int) -> ResponseReturnValue:
    """Refuse the registration of an organisation."""
    actor = require_actor()
    registrations.registration_for(reading(), registration_id, actor)
    try:
        reason = read_form(RefusePage).reason
        transaction(registrations.refuse_registration, registration_id, reason, actor=actor, now=utcnow())
    except Refused as refused:
        if refused.status == Forbidden.status:
            raise
        return _page(registration_id, refused)
    flash(_("已拒绝，并已发邮件告知原因。"), "right")
    return redirect(url_for(".registration", registration_id=registration_id), code=303)


def withdraw(registration_id: int) -> ResponseReturnValue:
    """Take one's own registration back."""
    actor = require_actor()
    try:
        transaction(registrations.withdraw_registration, registration_id, actor=actor, now=utcnow())
    except Conflict as refused:
        return _page(registration_id, refused)
    flash(_("已撤回。可以改正后重新登记。"), "right")
    return redirect(url_for(".registration", registration_id=registration_id), code=303)


def _administration_page(organisation_id: int, refused: Refused | None = None) -> ResponseReturnValue:
    """The form for who wants to act for an organisation, or where to turn when it has somebody."""
    organisation, actor = directory.organisation(reading(), organisation_id), require_actor()
    page = render_template(
        "affiliations/administration.html",
        organisation=organisation,
        may_ask=registrations.is_unmanaged(reading(), organisation, now=utcnow()),
        role=role_of_registrant(organisation.kind),
        role_names=ROLES,
        labels=labels,
        form=typed_or({"message": ""}, refused),
        problems=problems_in(refused),
        email=actor.email,
        key=new_key(),
    )
    return page, status_of(refused)


def _form_page(
    refused: Refused | None = None, registration: OrganisationRegistration | None = None
) -> ResponseReturnValue:
    """The form, with what was typed, for another registration or for correcting one."""
    names = RegistrationForm.model_fields
    standing = {name: getattr(registration, name) for name in names} if registration else {}
    places = directory.places(reading())
    cities = [place for place in places if place.level != PlaceLevel.PROVINCE]
    page = render_template(
        "affiliations/register_organisation.html",
        registration=registration,
        form=typed_or(standing or {"kind": "enterprise", "country": "CN"}, refused),
        kinds=choices({kind: directory_labels.KIND[kind] for kind in REGISTERED_KINDS}),
        places=[(place.adcode, f"{in_language(place.name_zh, place.name_en)} {place.adcode}") for place in cities],
        field_names={name: _(text) for name, text in directory_labels.FIELDS.items()},
        problems=problems_in(refused),
        known=directory.organisations_alike(reading(), request.form.get("name_zh", ""), request.form.get("uscc", "")),
        key=new_key(),
    )
    return page, status_of(refused)


def _page(registration_id: int, refused: Refused | None = None) -> ResponseReturnValue:
    """One registration with what may be done."""
    actor, session = require_actor(), reading()
    found = registrations.registration_for(session, registration_id, actor)
    page = render_template(
        "affiliations/registration.html",
        registration=found,
        registrant=session.get_one(User, found.registrant_id),
        places=directory.place_path(session, found.adcode),
        may_list=bool(registrations.seen_by(actor)),
        verifies=registrations.verifies(actor),
        may_withdraw=found.registrant_id == actor.id and found.state == RegistrationState.PENDING,
        may_correct=found.registrant_id == actor.id and found.organisation_id is None,
        may_verify=registrations.decides(session, found, actor),
        may_decide=registrations.verifies(actor) and found.registrant_id != actor.id,
        role=role_of_registrant(found.kind),
        role_names=ROLES,
        labels=labels,
        kinds=directory_labels.KIND,
        fields={name: _(text) for name, text in directory_labels.FIELDS.items()}
        | {"gives_administration": _("登记人担任单位管理员")},
        form=request.form,
        problems=problems_in(refused),
    )
    return page, status_of(refused)
