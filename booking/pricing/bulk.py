"""Changing the prices of many instruments at once by a share, from a day on; or telling what would come of it."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, reach
from booking.affiliations.group_reading import groups_by_owner
from booking.affiliations.rules import Group
from booking.affiliations.user_groups import lock_organisation
from booking.catalogue.queries import chosen_instruments, is_readable, target_of
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.errors import Conflict, Forbidden, InvalidInput, NotFound, Problem, Refused
from booking.core.forms import read
from booking.core.texts import N_
from booking.pricing.forms import BulkPriceForm, PriceForm
from booking.pricing.queries import SCALARS, Scope, in_force, terms_of
from booking.pricing.rules import Terms, changed_by
from booking.pricing.service import Place, add_version
from models.catalogue import Instrument
from models.pricing import PricePolicy
from models.vocabulary.pricing import Offer


@dataclass(frozen=True, slots=True)
class Row:
    """What becomes, or would become, of one price of one instrument; or why nothing of it may be."""

    instrument_id: int
    name_zh: str = ""
    name_en: str = ""
    policy_id: int | None = None
    group: Group | None = None
    before: Terms | None = None
    after: Terms | None = None
    refused: Refused | None = None
    new: PriceForm | None = None


def change_many(session: Session, form: BulkPriceForm, *, actor: Actor, now: datetime) -> list[Row]:
    """Change every own price of these instruments that is offered; a price that cannot be is told, not guessed.

    Raises Forbidden, and InvalidInput for a day that is over and for a change by nothing.
    """
    ids = list(dict.fromkeys(form.instrument_ids))
    known = {one.id: one for one in priceable(session, ids, actor=actor)}
    _check(form, now=now)
    owners = sorted({one.organisation_id for one in known.values()})
    for owner in owners:
        lock_organisation(session, owner)
    groups = {group.id: group for found in groups_by_owner(session, owners).values() for group in found}
    policies: dict[int, list[PricePolicy]] = {}
    for policy in in_force(session, list(known), [], form.valid_from):
        policies.setdefault(policy.instrument_id or 0, []).append(policy)
    later = _changing_later(session, list(known), form.valid_from)
    found: list[Row] = []
    for number in ids:
        if instrument := known.get(number):
            wanted = [one for one in policies.get(number, []) if _is_wanted(one, groups, form)]
            found += _of_instrument(instrument, wanted, groups, later, form)
        else:
            found.append(Row(number, refused=NotFound()))
    if form.policy_ids is not None:
        seen = set(form.policy_ids)
        found = [_only_seen(row, seen) for row in found]
    for row in () if form.dry_run else found:
        _store(session, row, known.get(row.instrument_id), actor=actor, now=now)
    return found


def priceable(session: Session, ids: Iterable[int], *, actor: Actor) -> list[Instrument]:
    """Those of the instruments whose prices the actor sets and whose records they may read, by name.

    Raises Forbidden for who sets prices nowhere.
    """
    within = reach(actor, Permission.SET_PRICES)
    if not within:
        raise Forbidden
    return [one for one in chosen_instruments(session, within, list(ids)) if is_readable(one, actor)]


def _check(form: BulkPriceForm, *, now: datetime) -> None:
    """Refuse days that are over, and changes by nothing."""
    problems = []
    if form.change == 0:
        problems.append(Problem("change", N_("请填写调整的比例。")))
    if form.valid_from < local_date(now):
        problems.append(Problem("valid_from", N_("收费标准从今天或以后某一天起生效，已经过去的不能更改。")))
    if problems:
        raise InvalidInput(problems)


def _changing_later(session: Session, instrument_ids: Sequence[int], day: date) -> set[tuple[int | None, int]]:
    """Which prices (instrument and group) change again after the day."""
    rows = session.execute(
        select(PricePolicy.instrument_id, PricePolicy.user_group_id).where(
            PricePolicy.instrument_id.in_(instrument_ids), PricePolicy.valid_from > day
        )
    )
    return {(number, group_id) for number, group_id in rows}


def _is_wanted(policy: PricePolicy, groups: dict[int | None, Group], form: BulkPriceForm) -> bool:
    """Whether a row has a price, for the group that is named if one is."""
    group = groups.get(policy.user_group_id)
    if group is None or policy.offer != Offer.OFFERED:
        return False
    return not form.user_group or group.name_zh == form.user_group


def _of_instrument(
    instrument: Instrument,
    policies: Sequence[PricePolicy],
    groups: dict[int | None, Group],
    later: set[tuple[int | None, int]],
    form: BulkPriceForm,
) -> Iterator[Row]:
    """A row for each of its prices, in the order of the groups; one that says why, where it has none."""
    named = (instrument.id, instrument.name_zh, instrument.name_en)
    if not policies:
        yield Row(*named, refused=Conflict(N_("没有自己的价格；沿用部门价的，请改部门的价格。")))
    for policy in sorted(policies, key=lambda one: groups[one.user_group_id].position):
        before, group = terms_of(policy), groups[policy.user_group_id]
        after = changed_by(before, form.change, form.rounding)
        try:
            if (instrument.id, policy.user_group_id) in later:
                raise Conflict(N_("那天以后另有已定的价格，请单独调整。"))
            yield Row(*named, policy.id, group, before, after, new=_form_of(policy, after, group, form))
        except (Conflict, InvalidInput) as refused:
            yield Row(*named, policy.id, group, before, refused=refused)


def _only_seen(row: Row, seen: Collection[int]) -> Row:
    """The row, refused when its price is not one that was seen before."""
    if row.new is None or row.policy_id in seen:
        return row
    return replace(row, after=None, new=None, refused=Conflict(N_("预览以后这项价格已有变动，请重新预览。")))


def _store(session: Session, row: Row, instrument: Instrument | None, *, actor: Actor, now: datetime) -> None:
    """Set the new price of a row, where there is one."""
    if row.new is None or row.group is None or instrument is None:
        return
    scope, target = Scope(instrument.id), target_of(instrument)
    place = Place(scope, instrument.organisation_id, row.name_zh, row.name_en, target)
    add_version(session, place, row.group, row.new, actor=actor, now=now)


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
