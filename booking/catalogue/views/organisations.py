"""The page on which an institution's administrators edit its entry and its units."""

from typing import Annotated, Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, require
from booking.catalogue.organisations import update_organisation
from booking.catalogue.views.choices import named, place_groups
from booking.core.actors import Target
from booking.core.clock import utcnow
from booking.core.errors import Conflict, InvalidInput, Refused, StaleVersion
from booking.core.forms import Blank, PageForm
from booking.directory import labels, queries, service
from booking.directory.forms import OrganisationEdit, OrganisationForm, UnitForm
from booking.web.errors import problems_of
from booking.web.extensions import reading, transaction
from booking.web.reading import read_form
from booking.web.repeats import create_once, new_key
from booking.web.signed_in import require_actor
from models.directory import Organisation


class OrganisationPage(OrganisationEdit, PageForm):
    """An organisation with the version the page was made from."""

    version: Annotated[int | None, Blank] = None


class UnitPage(UnitForm, PageForm):
    """A new unit."""


def organisation(organisation_id: int) -> ResponseReturnValue:
    """Show the entry of an institution for editing."""
    return _page(organisation_id)


def save_organisation(organisation_id: int) -> ResponseReturnValue:
    """Store the entry, or show it again with every problem."""
    _editable(organisation_id)
    who: dict[str, Any] = {"actor": require_actor(), "now": utcnow()}
    try:
        form = read_form(OrganisationPage)
        who |= {"reason": form.change_reason, "expected_version": form.version}
        transaction(update_organisation, organisation_id, form.entry(), **who)
    except (InvalidInput, StaleVersion) as refused:
        return _page(organisation_id, refused, OrganisationEdit)
    flash(_("已保存。"), "right")
    return redirect(url_for("directory.show", organisation_id=organisation_id), code=303)


def new_organisation() -> ResponseReturnValue:
    """Show the form for a new organisation."""
    return _new_page({"country": "CN"}, {})


def create_organisation() -> ResponseReturnValue:
    """Register the organisation, once however often the form is sent, and show its page."""
    actor, now = require(require_actor(), Permission.EDIT_ORGANISATION), utcnow()

    def work(session: Session) -> dict[str, Any]:
        return {"id": service.create_organisation(session, form, actor=actor, now=now).id}

    try:
        form = read_form(OrganisationPage).entry()
        answer, _repeated = create_once(work, actor=actor, now=now)
    except InvalidInput as invalid:
        return _new_page(request.form.to_dict(), problems_of(invalid)), invalid.status
    flash(_("已添加单位。"), "right")
    return redirect(url_for("directory.show", organisation_id=answer["id"]), code=303)


def _new_page(form: dict[str, str], problems: dict[str, list[str]]) -> str:
    """The form for a new organisation; raises Forbidden for who may add none."""
    require(require_actor(), Permission.EDIT_ORGANISATION)
    return render_template(
        "catalogue/new_organisation.html",
        form={name: form.get(name, "") for name in OrganisationForm.model_fields},
        problems=problems,
        **_offered(),
        key=form.get("idempotency_key") or new_key(),
    )


def _offered() -> dict[str, Any]:
    """What the fields are called, and what there is to choose from."""
    return {
        "field_names": {name: _(label) for name, label in labels.FIELDS.items()},
        "kinds": named(labels.KIND),
        "place_groups": place_groups(queries.places(reading())),
    }


def add_unit(organisation_id: int) -> ResponseReturnValue:
    """Add a unit, or show the page again with every problem."""
    _editable(organisation_id)
    try:
        form = UnitForm(**read_form(UnitPage).model_dump())
        transaction(service.add_unit, organisation_id, form, actor=require_actor(), now=utcnow())
    except InvalidInput as refused:
        return _page(organisation_id, refused)
    flash(_("已添加部门。"), "right")
    return redirect(url_for(".organisation", organisation_id=organisation_id, _anchor="units"), code=303)


def _editable(organisation_id: int) -> Organisation:
    """The organisation, for who may edit it."""
    found = queries.organisation(reading(), organisation_id)
    require(require_actor(), Permission.EDIT_ORGANISATION, Target(organisation_id=organisation_id))
    return found


def _page(
    organisation_id: int, refused: Refused | None = None, fields: type[OrganisationEdit] | None = None
) -> ResponseReturnValue:
    """The form with what stands, or with what was typed and why it was refused."""
    found, session = _editable(organisation_id), reading()
    values: dict[str, Any] = {name: getattr(found, name) for name in OrganisationForm.model_fields}
    values = {name: "" if value is None else value for name, value in values.items()} | {"change_reason": ""}
    if fields:
        values |= {name: request.form.get(name, "") for name in fields.model_fields}
    page = render_template(
        "catalogue/organisation.html",
        organisation=found,
        is_fixed=not service.may_change_verified(require_actor()),
        kind_name=_(labels.KIND[found.kind]),
        places=queries.place_path(session, found.adcode),
        form=values | {"version": found.version},
        problems=_problems(refused),
        **_offered(),
        units=queries.units(session, organisation_id),
        is_unit_form=bool(refused) and fields is None,
    )
    return page, _status(refused)


def _problems(refused: Refused | None) -> dict[str, list[str]]:
    """The sentences of a refusal by field."""
    if isinstance(refused, InvalidInput):
        return problems_of(refused)
    if refused is None:
        return {}
    return {"": [_("您编辑期间，这条记录已被他人修改。您填写的内容仍在下面，再次保存将以您的内容为准。")]}


def _status(refused: Refused | None) -> int:
    """200, or the refusal's; a stale form is a conflict."""
    if refused is None:
        return 200
    return Conflict.status if isinstance(refused, StaleVersion) else refused.status
