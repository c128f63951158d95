"""The page one lands on: what waits for the person, first."""

from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, Response, current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.accounts.labels import GRANT_EVENTS, ROLES
from booking.accounts.permissions import Permission, reach
from booking.accounts.views.sign_in import own_path
from booking.core.actors import Actor
from booking.core.clock import local_date, utcnow
from booking.core.errors import InvalidInput, Problem
from booking.core.texts import N_
from booking.home import labels, queries, records
from booking.home.cards import Card, Item
from booking.home.forms import RoleForm
from booking.home.hats import hats_in_order, roles_of, worn_of
from booking.reservations.views.todo import conflicts_shown, requests_shown
from booking.web import filters
from booking.web.extensions import reading
from booking.web.languages import in_language
from booking.web.reading import read_form
from booking.web.signed_in import require_actor, signed_in
from models.vocabulary.accounts import Role
from models.vocabulary.affiliations import AffiliationState

bp = Blueprint("home", __name__)

WORN = "role"
"""Where the session keeps the role that a person acts in."""

ADDRESSES = {
    "reservation": ("reservations.show", "reservation_id"),
    "use": ("reservations.use", "reservation_id"),
    "charge": ("charges.show", "charge_id"),
    "statement": ("statements.show", "statement_id"),
    "to_bill": ("statements.to_bill", "organisation_id"),
    "review": ("catalogue.review", "round_id"),
    "kept_role": ("accounts.end_grant", "grant_id"),
    "ending_role": ("accounts.end_grant", "grant_id"),
    "owner_change": ("catalogue.owner_change", "change_id"),
    "sample_order": ("samples.show", "order_id"),
    "enquiry": ("enquiries.show", "enquiry_id"),
    "instrument": ("catalogue.edit", "instrument_id"),
    "training": ("catalogue.training", "instrument_id"),
    "contract": ("contracts.show", "contract_id"),
    "voucher_application": ("applications.show", "application_id"),
    "redemption": ("redemptions.show", "redemption_id"),
    "payer_account": ("payers.show", "payer_id"),
    "priced_instrument": ("pricing.edit", "instrument_id"),
    "leaver": ("reservations.leaving", "user_id"),
    "organisation": ("affiliations.people", "organisation_id"),
    "members": ("affiliations.people", "organisation_id"),
    "roster": ("affiliations.rosters", "organisation_id"),
    "visit": ("affiliations.visit", "visit_id"),
    "registration": ("affiliations.registration", "registration_id"),
    "mail_domain": ("affiliations.domain", "domain_id"),
    "team": ("teams.show", "team_id"),
    "import": ("imports.show", "import_id"),
    "announcement": ("announcements.edit", "announcement_id"),
    "grant": ("accounts.audit", "subject_id"),
}
NAMED = {"clearing": "clearing.show"}
"""Pages of things that have no id."""
ROLE_NAMES = {role.value: name for role, name in ROLES.items()}
ANCHORS = {"exemption": ("catalogue.report_dates", "exemption")}
MORE_VALUES = {
    "grant": {"subject_kind": "grant"},
    "organisation": {"state": AffiliationState.PENDING.value},
    "members": {"state": AffiliationState.CONFIRMED.value},
}
IN_PLACE: dict[str, Callable[[Sequence[Any]], list[dict[str, Any]]]] = {
    "decisions": requests_shown,
    "conflicts": conflicts_shown,
}


@bp.get("/home")
@signed_in
def index() -> ResponseReturnValue:
    """Everything that waits for the person, grouped by what they are, the most urgent first."""
    actor, now = require_actor(), utcnow()
    found = queries.cards(reading(), actor, settings=current_app.config["SETTINGS"], now=now)
    new = records.house_without_records(reading(), actor)
    hats = [(hat, [_shown(card) for card in found if card.hat == hat]) for hat in hats_in_order(worn(actor))]
    return render_template(
        "home/index.html",
        name=actor.name,
        today=local_date(now),
        roles=[_(ROLES[role]) for role in roles_of(actor)],
        hats=[(_(labels.HATS[hat]), cards) for hat, cards in hats if cards],
        back=url_for(".index"),
        first_steps=_first_steps(new) if new is not None else [],
        has_board=bool(reach(actor, Permission.SEE_BOOKINGS)),
    )


def _first_steps(organisation_id: int) -> list[tuple[str, str, str]]:
    """What the administrator of a new institution does first: what it is, why, and where."""
    of_house: dict[str, Any] = {"organisation_id": organisation_id}
    roles = url_for("accounts.grants_at_scope", kind="organisation", scope_id=organisation_id)
    return [
        (_("导入仪器台账"), _("上传现有的表格，先试运行再写入。"), url_for("imports.index")),
        (
            _("填写统一的设定"),
            _("联系方式、开放时间和预约规则设定一次，仪器沿用。"),
            url_for("catalogue.settings", **of_house),
        ),
        (_("添加部门"), _("学院和中心可以有自己的设定和管理员。"), url_for("catalogue.organisation", **of_house)),
        (
            _("指定两位密级审查人"),
            _("没有修改过内容的两个人都同意，仪器才会公开。也请在这里指定仪器管理员。"),
            roles,
        ),
        (_("导入人员名册"), _("同事按名册确认，不必逐个审批。"), url_for("affiliations.rosters", **of_house)),
    ]


@bp.post("/home/role")
@signed_in
def wear() -> ResponseReturnValue:
    """Act in one of one's roles, or in all of them: menu and home page are in its order, nothing else changes."""
    role = read_form(RoleForm).role
    if role and role not in roles_of(require_actor()):
        raise InvalidInput([Problem("role", N_("您没有这个角色。"))])
    if role:
        session[WORN] = role.value
    else:
        session.pop(WORN, None)
    return redirect(own_path(request.form.get("next", "")), code=303)


def worn(actor: Actor | None) -> Role | None:
    """The role that the person chose to act in, when there are several to choose from; None means all of them."""
    return worn_of(session.get(WORN), roles_of(actor))


@bp.after_request
def keep_private(response: Response) -> Response:
    """Nothing of this page stays in a cache: it is one person's."""
    response.headers["Cache-Control"] = "no-store"
    return response


def _shown(card: Card) -> dict[str, Any]:
    """A card as the template takes it: with its own actions where they can be done in place."""
    place = labels.PLACES.get(card.code)
    in_place = IN_PLACE.get(card.code)
    return {
        "code": card.code,
        "title": _(labels.TITLES[card.code]),
        "count": card.found.count,
        "is_more": card.found.is_more,
        "has_more": card.found.is_more or card.found.count > len(card.found.items),
        "items": [_item(item, card.code) for item in card.found.items],
        "todo": in_place(card.found.rows) if in_place else [],
        "more": (url_for(place.endpoint, **place.values), _(place.label)) if place else None,
    }


def _item(item: Item, code: str) -> dict[str, Any]:
    """One line of a card, with its address."""
    counted = labels.COUNTS.get(code)
    return {
        "title": _title(item),
        "url": _address(item),
        "person": item.person,
        "by": item.by,
        "starts_at": item.starts_at,
        "ends_at": item.ends_at,
        **_due(item, code),
        "count": None if counted else item.count,
        "counted": counted(item.count) if counted and item.count else "",
    }


def _title(item: Item) -> str:
    """What it is called; of a change of roles what happened, to which role, and where."""
    name = in_language(item.title_zh, item.title_en)
    if item.todo:
        return f"{name} · {_(labels.TODO[item.todo])}"
    if not item.action:
        return name
    event, role = GRANT_EVENTS.get(item.action, item.action), ROLE_NAMES.get(item.role, item.role)
    return " · ".join(part for part in (_(event), _(role) if role else "", name) if part)


def _due(item: Item, code: str) -> dict[str, Any]:
    """By when something is to happen, in words, and whether that is past."""
    if item.due_on is not None:
        late = item.due_on < local_date(utcnow())
        return {"due": _(labels.DUE_ON[code], day=filters.day(item.due_on)), "is_late": late}
    if item.due_at is None:
        return {"due": "", "is_late": False}
    late = item.due_at <= utcnow()
    words = labels.DUE.get(code, labels.LATE if late else labels.DUE_TO_ME)
    return {"due": _(words, moment=filters.moment(item.due_at)), "is_late": late}


def _address(item: Item) -> str | None:
    """Where the thing itself stands."""
    if item.subject in ANCHORS:
        page, part = ANCHORS[item.subject]
        return url_for(page, _anchor=f"{part}-{item.subject_id}")
    if item.subject in NAMED:
        named_by: dict[str, Any] = dict(item.named_by)
        return url_for(NAMED[item.subject], **named_by)
    if item.subject not in ADDRESSES or item.subject_id is None:
        return None
    endpoint, name = ADDRESSES[item.subject]
    values: dict[str, Any] = {name: item.subject_id, **MORE_VALUES.get(item.subject, {})}
    if item.organisation_id is not None:
        values["organisation_id"] = item.organisation_id
    return url_for(endpoint, **values)
