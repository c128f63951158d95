"""Changing the prices of many instruments and units at once, from a day on; or telling what would come of it.

Either every own price is raised or lowered by a share, or each place gets the prices of one of them.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, may, reach
from booking.affiliations.group_reading import groups_by_owner
from booking.affiliations.rules import Group
from booking.affiliations.user_groups import lock_organisation
from booking.catalogue.queries import chosen_instruments, is_readable, target_of
from booking.core.actors import Actor, Target
from booking.core.clock import local_date
from booking.core.errors import Conflict, Forbidden, InvalidInput, NotFound, Problem, Refused
from booking.core.forms import read
from booking.core.texts import N_
from booking.pricing.forms import BulkPriceForm, PriceForm
from booking.pricing.queries import SCALARS, Scope, in_force, terms_of
from booking.pricing.rules import Terms, changed_by
from booking.pricing.service import Place, add_version
from models.catalogue import Instrument
from models.directory import Unit
from models.pricing import PricePolicy
from models.vocabulary.pricing import Offer


@dataclass(frozen=True, slots=True)
class Row:
    """What becomes, or would become, of one price of one place; or why nothing of it may be.

    `source_id` is the price that it is taken from, where it is to be the same as another's.
    """

    scope: Scope
    name_zh: str = ""
    name_en: str = ""
    policy_id: int | None = None
    group: Group | None = None
    before: Terms | None = None
    after: Terms | None = None
    refused: Refused | None = None
    new: PriceForm | None = None
    source_id: int | None = None


@dataclass(frozen=True, slots=True)
class _Prices:
    """The groups and whose they are, what is in force on the day at each place, and what changes again later."""

    groups: Mapping[int | None, Group]
    owners: Mapping[int | None, int]
    own: Mapping[Scope, Sequence[PricePolicy]]
    later: Collection[tuple[Scope, int]]


def change_many(session: Session, form: BulkPriceForm, *, actor: Actor, now: datetime) -> list[Row]:
    """Change the offered prices of these places; a price that cannot be changed is told, not guessed.

    Raises Forbidden, and InvalidInput for a day that is over, for a change by nothing, and for prices to be the same as
    those of a place that is not among them.
    """
    wanted = _wanted(form)
    places = _places(session, wanted, actor=actor)
    _check(form, places, now=now)
    owners = sorted({one.organisation_id for one in places.values()})
    for owner in owners:
        lock_organisation(session, owner)
    prices = _prices_of(session, list(places), owners, form.valid_from)
    found: list[Row] = []
    for scope in wanted:
        if place := places.get(scope):
            found += _alike(place, prices, form) if form.same_as else _by_share(place, prices, form)
        else:
            found.append(Row(scope, refused=NotFound()))
    if form.policy_ids is not None:
        seen = set(form.policy_ids)
        found = [_only_seen(row, seen) for row in found]
    for row in () if form.dry_run else found:
        if row.new is not None and row.group is not None:
            add_version(session, places[row.scope], row.group, row.new, actor=actor, now=now)
    return found


def priceable(session: Session, ids: Iterable[int], *, actor: Actor) -> list[Instrument]:
    """Those of the instruments whose prices the actor sets and whose records they may read, by name.

    Raises Forbidden for who sets prices nowhere.
    """
    within = reach(actor, Permission.SET_PRICES)
    if not within:
        raise Forbidden
    return [one for one in chosen_instruments(session, within, list(ids)) if is_readable(one, actor)]


def priceable_units(session: Session, ids: Iterable[int], *, actor: Actor) -> list[Unit]:
    """Those of the units whose prices the actor sets, by id; removed ones have none."""
    rows = select(Unit).where(Unit.id.in_(sorted(set(ids))), Unit.removed_at.is_(None)).order_by(Unit.id)
    return [one for one in session.scalars(rows) if _may_price(one, actor)]


def _may_price(unit: Unit, actor: Actor) -> bool:
    """Whether the actor sets the prices of a unit."""
    return may(actor, Permission.SET_PRICES, Target(unit.organisation_id, unit.id))


def _wanted(form: BulkPriceForm) -> list[Scope]:
    """The places that are named, each once, units first."""
    units = [Scope(unit_id=number) for number in form.unit_ids]
    return list(dict.fromkeys([*units, *(Scope(number) for number in form.instrument_ids)]))


def _model(form: BulkPriceForm) -> Scope:
    """The place whose prices the others get; no place at all where they are changed by a share."""
    return Scope(form.same_as.instrument_id, form.same_as.unit_id) if form.same_as else Scope()


def _places(session: Session, wanted: Sequence[Scope], *, actor: Actor) -> dict[Scope, Place]:
    """Those whose prices the actor sets."""
    found = {}
    for one in priceable(session, [scope.instrument_id for scope in wanted if scope.instrument_id], actor=actor):
        scope = Scope(one.id)
        found[scope] = Place(scope, one.organisation_id, one.name_zh, one.name_en, target_of(one))
    for unit in priceable_units(session, [scope.unit_id for scope in wanted if scope.unit_id], actor=actor):
        scope, target = Scope(unit_id=unit.id), Target(unit.organisation_id, unit.id)
        found[scope] = Place(scope, unit.organisation_id, unit.name_zh, unit.name_en, target)
    return found


def _check(form: BulkPriceForm, places: Mapping[Scope, Place], *, now: datetime) -> None:
    """Refuse days that are over, changes by nothing or by both ways, and a model that is not among the places."""
    problems = []
    if not form.instrument_ids and not form.unit_ids:
        problems.append(Problem("instrument_ids", N_("请至少选择一台仪器或一个部门。")))
    if form.same_as is None and form.change == 0:
        problems.append(Problem("change", N_("请填写调整的比例，或者选择价格与哪一个相同。")))
    if form.same_as is not None and form.change:
        problems.append(Problem("change", N_("按比例调整和设为相同价格，二者只能选一个。")))
    if form.same_as is not None and _model(form) not in places:
        problems.append(Problem("same_as", N_("请从所选的仪器和部门里选一个。")))
    if form.valid_from < local_date(now):
        problems.append(Problem("valid_from", N_("收费标准从今天或以后某一天起生效，已经过去的不能更改。")))
    if problems:
        raise InvalidInput(problems)


def _prices_of(session: Session, scopes: Sequence[Scope], owners: Sequence[int], day: date) -> _Prices:
    """Everything that is to be known of the places, in three statements."""
    by_owner = groups_by_owner(session, owners)
    groups = {group.id: group for found in by_owner.values() for group in found}
    owner_of = {group.id: owner for owner, found in by_owner.items() for group in found}
    instruments = [one.instrument_id for one in scopes if one.instrument_id is not None]
    units = [one.unit_id for one in scopes if one.unit_id is not None]
    own: dict[Scope, list[PricePolicy]] = {}
    for policy in in_force(session, instruments, units, day):
        own.setdefault(Scope(policy.instrument_id, policy.unit_id), []).append(policy)
    rows = session.execute(
        select(PricePolicy.instrument_id, PricePolicy.unit_id, PricePolicy.user_group_id).where(
            or_(PricePolicy.instrument_id.in_(instruments), PricePolicy.unit_id.in_(units)),
            PricePolicy.valid_from > day,
        )
    )
    return _Prices(groups, owner_of, own, {(Scope(row[0], row[1]), row[2]) for row in rows})


def _offered(scope: Scope, prices: _Prices, form: BulkPriceForm) -> list[tuple[Group, PricePolicy]]:
    """The own prices of a place that are offered, in the order of the groups; of the group that is named if one is."""
    rows = [(prices.groups[one.user_group_id], one) for one in prices.own.get(scope, ()) if _has_price(one, prices)]
    named = [(group, one) for group, one in rows if form.user_group in {"", group.name_zh}]
    return sorted(named, key=lambda row: row[0].position)


def _has_price(policy: PricePolicy, prices: _Prices) -> bool:
    """Whether a row has a price, for a group that there is."""
    return policy.offer == Offer.OFFERED and policy.user_group_id in prices.groups


def _by_share(place: Place, prices: _Prices, form: BulkPriceForm) -> Iterator[Row]:
    """A row for each price of a place, changed by the share; one that says why, where it has none."""
    own = _offered(place.scope, prices, form)
    if not own:
        why = N_("没有自己的价格；沿用部门价的，请改部门的价格。") if place.scope.instrument_id else N_("没有价格。")
        yield Row(place.scope, place.name_zh, place.name_en, refused=Conflict(why))
    for group, policy in own:
        before = terms_of(policy)
        row = Row(place.scope, place.name_zh, place.name_en, policy.id, group, before)
        yield _changed(row, policy, changed_by(before, form.change, form.rounding), prices, form)


def _alike(place: Place, prices: _Prices, form: BulkPriceForm) -> Iterator[Row]:
    """A row for each price of the model, as it would be of this place; none for the model itself."""
    source = _model(form)
    models = _offered(source, prices, form)
    if place.scope == source:
        return
    if not models:
        yield Row(place.scope, place.name_zh, place.name_en, refused=Conflict(N_("所选的没有自己的价格，不能照着设。")))
    for theirs, model in models:
        group = _same_group(theirs, place, model, prices)
        now = next((one for one in prices.own.get(place.scope, ()) if group and one.user_group_id == group.id), None)
        before = terms_of(now) if now is not None and now.offer == Offer.OFFERED else None
        row = Row(place.scope, place.name_zh, place.name_en, now.id if now else None, group or theirs, before)
        row = replace(row, source_id=model.id)
        if group is None:
            yield replace(row, refused=Conflict(N_("这个单位没有这个用户类别。")))
        elif before == terms_of(model):
            yield replace(row, refused=Conflict(N_("已经是这个价格。")))
        else:
            yield _changed(row, model, terms_of(model), prices, form)


def _same_group(theirs: Group, place: Place, model: PricePolicy, prices: _Prices) -> Group | None:
    """The group of the place's own institution that has the name of another's group."""
    if prices.owners[model.user_group_id] == place.organisation_id:
        return theirs
    here = (group for number, group in prices.groups.items() if prices.owners[number] == place.organisation_id)
    return next((one for one in here if one.name_zh == theirs.name_zh), None)


def _changed(row: Row, model: PricePolicy, after: Terms, prices: _Prices, form: BulkPriceForm) -> Row:
    """The row with its new price, or with why there is none."""
    assert row.group is not None
    try:
        if (row.scope, row.group.id) in prices.later:
            raise Conflict(N_("那天以后另有已定的价格，请单独调整。"))
        return replace(row, after=after, new=_form_of(model, after, row.group, form))
    except (Conflict, InvalidInput) as refused:
        return replace(row, refused=refused)


def _only_seen(row: Row, seen: Collection[int]) -> Row:
    """The row, refused when its price, or the one that it is taken from, is not one that was seen before."""
    if row.new is None or {row.policy_id, row.source_id} - {None} <= set(seen):
        return row
    return replace(row, after=None, new=None, refused=Conflict(N_("预览以后这项价格已有变动，请重新预览。")))


def _form_of(policy: PricePolicy, terms: Terms, group: Group, form: BulkPriceForm) -> PriceForm:
    """What somebody would have typed to set the changed price."""
    values: dict[str, Any] = {name: getattr(terms, name) for name in SCALARS}
    return read(
        PriceForm,
        values
        | {
            "peak_hours": policy.peak_hours,
            "extras": [asdict(extra) for extra in terms.extras],
            "packages": [asdict(package) for package in terms.packages],
            "user_group": group.name_zh,
            "valid_from": form.valid_from,
            "note_zh": policy.note_zh,
            "note_en": policy.note_en,
            "reason": form.reason,
        },
    )
