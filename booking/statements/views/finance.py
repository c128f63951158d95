"""The pages of an institution's finance office: what is issued, how late it is, and how it bills."""

from functools import partial
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.accounts.permissions import Permission, may, reach, require
from booking.accounts.views.again import again
from booking.core import forms
from booking.core.actors import Target
from booking.core.clock import local_date, utcnow
from booking.core.errors import Forbidden, InvalidInput, StaleVersion
from booking.directory.queries import organisation
from booking.statements import labels, queries, reminding
from booking.statements.ages import sum_of_age
from booking.statements.forms import ListPage, TermsPage
from booking.statements.queries import Found, Show
from booking.statements.rules import Age, number_of
from booking.statements.terms import TOLD, set_terms, terms_of
from booking.web.extensions import reading, transaction
from booking.web.languages import in_language
from booking.web.reading import posted, read_query
from booking.web.signed_in import require_actor, signed_in
from models.directory import Organisation

PER_PAGE = 30


@signed_in
def places() -> ResponseReturnValue:
    """Show the institutions whose statements one keeps or reads; where it is one, what that has issued."""
    within = reach(require_actor(), Permission.SEE_STATEMENTS)
    if not within:
        raise Forbidden
    found = queries.places_of(reading(), within)
    if len(found) == 1:
        return _issued(found[0])
    return render_template("statements/places.html", places=found)


@signed_in
def index(organisation_id: int) -> ResponseReturnValue:
    """Show what an institution has issued: what is open, what is overdue, or everything."""
    return _issued(place_for(organisation_id, Permission.SEE_STATEMENTS))


def _issued(place: Organisation) -> ResponseReturnValue:
    """What an institution has issued."""
    asked = read_query(ListPage)
    show, today, actor = shown(asked.show, Show.OPEN), local_date(utcnow()), require_actor()
    session, age = reading(), asked.age
    page = queries.statements_at(
        session, place.id, actor, show, today=today, limit=PER_PAGE, cursor=asked.cursor, age=age
    )
    more_at = url_for(".index", organisation_id=place.id, show=show.value, age=age, cursor=page.next_cursor)
    return render_template(
        "statements/index.html",
        **office(place, f"show-{show.value}"),
        rows=[listed(one) for one in page.items],
        show=show,
        kinds=[(one.value, _(label)) for one, label in labels.KINDS.items()],
        age=_(labels.AGES[age]) if age else "",
        age_fen=sum_of_age(session, place.id, age, today=today) if age else 0,
        next_url=more_at if page.next_cursor else None,
    )


@signed_in
def ageing(organisation_id: int) -> ResponseReturnValue:
    """Show who owes the institution how much, by how late it is."""
    place = place_for(organisation_id, Permission.SEE_STATEMENTS)
    found = reminding.ageing(reading(), place.id, today=local_date(utcnow()))
    return render_template(
        "statements/ageing.html",
        **office(place, "ageing"),
        rows=[(one, queries.person_of(one.debtor)) for one in found],
        ages=[(age, _(labels.AGES[age])) for age in Age],
        sums={age: sum(one.by_age[age] for one in found) for age in Age},
        total=sum(one.total_fen for one in found),
    )


@signed_in
def terms(organisation_id: int) -> ResponseReturnValue:
    """Ask how the institution bills; then keep it."""
    place = place_for(organisation_id, Permission.MANAGE_STATEMENTS)
    withholding = [(one.value, _(label)) for one, label in labels.WITHHOLDING.items()]
    values = {**office(place, "terms"), "labels": field_labels(), "withholding": withholding}
    if request.method == "GET":
        found = terms_of(reading(), place.id)
        form = {name: getattr(found, name) for name in (*TOLD, "version")}
        return render_template("statements/terms.html", form=form, problems={}, **values)
    try:
        said = forms.read(TermsPage, posted())
        transaction(set_terms, place.id, said, version=said.version, actor=require_actor(), now=utcnow())
    except (InvalidInput, StaleVersion) as refused:
        return again("statements/terms.html", refused, **values)
    flash(_("已保存，从下一张结算单起生效。"), "right")
    return redirect(url_for(".index", organisation_id=place.id), code=303)


def place_for(organisation_id: int, permission: Permission) -> Organisation:
    """The institution, for who holds the permission there; raises NotFound and Forbidden."""
    place = organisation(reading(), organisation_id)
    require(require_actor(), permission, Target(place.id))
    return place


def office(place: Organisation, current: str) -> dict[str, Any]:
    """What every page of a finance office shows: whose it is, and its parts."""
    at = partial(url_for, organisation_id=place.id)
    manages = may(require_actor(), Permission.MANAGE_STATEMENTS, Target(place.id))
    parts = [
        ("to_bill", _("待结算"), at("statements.to_bill")),
        ("drafts", _("草稿"), at("statements.drafts")),
        *((f"show-{one.value}", _(labels.SHOW[one]), at("statements.index", show=one.value)) for one in Show),
        ("receipts", _("收款"), at("statements.receipts")),
        ("ageing", _("账龄"), at("statements.ageing")),
    ]
    return {
        "organisation": place,
        "organisation_name": in_language(place.name_zh, place.name_en),
        "manages": manages,
        "tabs": [{"label": label, "url": url, "active": code == current} for code, label, url in parts],
    }


def listed(found: Found) -> dict[str, Any]:
    """A statement as lists show it."""
    one = found.statement
    is_late = bool(found.open_fen) and one.due_on is not None and one.due_on < local_date(utcnow())
    return {
        "statement": one,
        "number": number_of(one.year, one.number),
        "kind": _(labels.KINDS[one.kind]),
        "payer": one.told.get("payer_name") or one.told["holder"],
        "holder": one.told["holder"] if one.told.get("payer_name") else "",
        "place": in_language(one.told["organisation_zh"], one.told["organisation_en"]),
        "open_fen": found.open_fen,
        "is_late": is_late,
        "sees_cash": found.sight.sees_cash,
    }


def shown(text: str, otherwise: Show) -> Show:
    """Which part is asked for."""
    return Show(text) if text in set(Show) else otherwise


def field_labels() -> dict[str, str]:
    """What the fields are called."""
    return {name: _(label) for name, label in labels.FIELDS.items()}
