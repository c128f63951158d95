"""The pages of one's own payer accounts, of those an institution keeps, and for opening one."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, may, reach, require
from booking.accounts.views.again import again
from booking.core import forms
from booking.core.actors import Target
from booking.core.clock import local_date, utcnow
from booking.core.errors import Forbidden, InvalidInput, Refused
from booking.core.forms import Written
from booking.directory.listing import provinces
from booking.directory.queries import organisation
from booking.payers import labels, queries, service
from booking.payers.forms import ListPage, NewPayerPage
from booking.payers.rules import has_expired
from booking.web.extensions import reading
from booking.web.languages import in_language
from booking.web.reading import posted, read_query
from booking.web.repeats import create_once, new_key
from booking.web.signed_in import require_actor, signed_in
from models.directory import Organisation
from models.payers import PayerAccount
from models.vocabulary.accounts import ScopeKind
from models.vocabulary.payers import PayerKind

PER_PAGE = 50


@signed_in
def mine() -> ResponseReturnValue:
    """Show the payer accounts that one answers for or may use, and where one keeps those of an institution."""
    actor, session = require_actor(), reading()
    page = queries.accounts_of(
        session, actor.id, today=local_date(utcnow()), limit=PER_PAGE, cursor=read_query(ListPage).cursor
    )
    keeps = {
        grant.scope_id
        for grant in actor.grants
        if grant.scope_kind == ScopeKind.ORGANISATION and may(actor, Permission.SEE_PAYERS, Target(grant.scope_id))
    }
    return render_template(
        "payers/mine.html",
        rows=[listed(one) for one in page.items],
        next_url=url_for(".mine", cursor=page.next_cursor) if page.next_cursor else None,
        places=[organisation(session, one) for one in sorted(filter(None, keeps))],
        sees_all=reach(actor, Permission.SEE_PAYERS).everywhere,
    )


@signed_in
def places() -> ResponseReturnValue:
    """Show the institutions whose payer accounts one keeps or reads; of all of them, those that keep some."""
    within = reach(require_actor(), Permission.SEE_PAYERS)
    if not within:
        raise Forbidden
    return render_template("payers/places.html", places=queries.places_of(reading(), within))


@signed_in
def index(organisation_id: int) -> ResponseReturnValue:
    """Show the payer accounts that an institution keeps, to its finance and auditors."""
    place, session = _place(organisation_id, Permission.SEE_PAYERS), reading()
    page = queries.accounts_at(session, place.id, limit=PER_PAGE, cursor=read_query(ListPage).cursor)
    return render_template(
        "payers/index.html",
        organisation=place,
        organisation_name=in_language(place.name_zh, place.name_en),
        rows=[listed(one) for one in page.items],
        next_url=url_for(".index", organisation_id=place.id, cursor=page.next_cursor) if page.next_cursor else None,
        may_open=may(require_actor(), Permission.MANAGE_PAYERS, Target(place.id)),
    )


@signed_in
def new(organisation_id: int) -> ResponseReturnValue:
    """Ask what the account is, and for whom; then open it with nothing in it."""
    place = _place(organisation_id, Permission.MANAGE_PAYERS)
    if request.method == "GET":
        return _new_page(place)
    actor, now = require_actor(), utcnow()
    try:
        form = forms.read(NewPayerPage, with_provinces(posted()))

        def work(session: Session) -> dict[str, Any]:
            return {"id": service.open_payer(session, organisation_id, form, actor=actor, now=now).id}

        payer_id = create_once(work, actor=actor, now=now)[0]["id"]
    except InvalidInput as invalid:
        return _new_page(place, invalid)
    flash(_("账户已建立，请设定额度或登记收到的款项。"), "right")
    return redirect(url_for(".show", payer_id=payer_id), code=303)


def listed(account: PayerAccount) -> dict[str, Any]:
    """A payer account as lists show it."""
    return {
        "account": account,
        "kind": _(labels.KINDS[account.kind]),
        "left": _(labels.LEFT[account.kind]),
        "place": in_language(account.organisation.name_zh, account.organisation.name_en),
        "is_expired": has_expired(account.expires_on, local_date(utcnow())),
    }


def field_labels() -> dict[str, str]:
    """What the fields are called."""
    return {name: _(label) for name, label in labels.FIELDS.items()}


def province_choices() -> list[tuple[str, str]]:
    """Every province to choose from."""
    return [(one.adcode, in_language(one.name_zh, one.name_en)) for one in provinces(reading())]


def with_provinces(values: dict[str, Any]) -> dict[str, Any]:
    """What was posted, with every province that was ticked."""
    return values | {"provinces": request.form.getlist("provinces")}


def written(values: dict[str, Any], name: str) -> dict[str, Any]:
    """What was posted, with an amount as a person wrote it."""
    return values | ({name: Written(values[name])} if name in values else {})


def _place(organisation_id: int, permission: Permission) -> Organisation:
    """The institution, for who may; raises NotFound before Forbidden."""
    place = organisation(reading(), organisation_id)
    require(require_actor(), permission, Target(organisation_id))
    return place


def _new_page(place: Organisation, refused: Refused | None = None) -> ResponseReturnValue:
    """The form for a new payer account."""
    values = {
        "organisation": place,
        "organisation_name": in_language(place.name_zh, place.name_en),
        "kinds": [(kind.value, _(label)) for kind, label in labels.KINDS.items()],
        "labels": field_labels(),
        "provinces": province_choices(),
        "chosen": request.form.getlist("provinces") if refused else [],
        "key": new_key(),
    }
    if refused is not None:
        return again("payers/new.html", refused, **values)
    form = {"kind": PayerKind.GRANT}
    return render_template("payers/new.html", form=form, problems={}, **values)
