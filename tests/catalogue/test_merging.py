"""Units that end: an empty one is removed, another is merged with everything that it has."""

from datetime import date, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.accounts.delegating import delegate_grant
from booking.catalogue import merging, sharing
from booking.catalogue.inheritance import INHERITABLE, written
from booking.catalogue.sharing_forms import SettingsForm
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from booking.directory import queries
from booking.directory.forms import UnitForm
from booking.directory.service import add_unit
from booking.pricing.queries import Spot, price_for
from models.accounts import AuditEntry, Grant, User
from models.base import Base
from models.catalogue import Instrument, SharedSettings
from models.directory import Organisation, Unit
from models.pricing import PricePolicy
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.pricing import Offer
from tests.factories.affiliations import affiliate
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.people import actor_for, give, make_user, sign_in
from tests.factories.prices import make_unit_price


@pytest.fixture
def units(session: Session, organisation: Organisation) -> list[Unit]:
    """The unit that ends, and the one that takes what it has."""
    made = [Unit(organisation_id=organisation.id, name_zh=name) for name in ("老中心", "新中心")]
    session.add_all(made)
    session.commit()
    return made


def used(session: Session, organisation: Organisation, unit: Unit) -> tuple[Instrument, Grant]:
    """An instrument in the unit and a steward of the unit."""
    instrument = make_instrument(session, organisation, unit_id=unit.id)
    steward = make_user(session, "wei")
    return instrument, give(session, steward, Role.STEWARD, ScopeKind.UNIT, unit.id)


def test_what_a_unit_has_goes_along_and_its_name_may_be_registered_again(
    session: Session, organisation: Organisation, units: list[Unit], admin: Actor, *, now: datetime
) -> None:
    old, new = units
    instrument, role = used(session, organisation, old)
    member = affiliate(session, make_user(session, "lin"), organisation, unit_id=old.id)
    place = (organisation.id, old.id)
    sharing.edit_settings(session, place, SettingsForm(horizon_days=30), actor=admin, now=now)
    session.commit()
    before = (instrument.version, member.version)

    seen = merging.preview_merge(session, old.id, new.id, actor=admin, now=now).has
    merging.merge_unit(session, old.id, new.id, reason="合并", actor=admin, now=now)
    session.commit()
    session.expire_all()

    assert {name for name, count in seen.counts.items() if count} == {"instruments", "people"}
    assert ([one.name for one in seen.roles], seen.has_settings, seen.has_prices) == (["Wei"], True, False)
    assert (instrument.unit_id, role.scope_id, member.unit_id) == (new.id, new.id, new.id)
    assert (instrument.version, member.version) == (before[0] + 1, before[1] + 1)
    assert queries.units(session, organisation.id) == [new]
    assert session.scalars(select(SharedSettings)).all() == []
    actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id).offset(1)).all()
    assert actions == ["accounts.grant_moved", "directory.unit_merged"]
    with pytest.raises(NotFound):
        sharing.unit_for(session, old.id, admin)
    back = add_unit(session, organisation.id, UnitForm(name_zh="老中心", name_en="Centre"), actor=admin, now=now)
    assert (back.id, back.removed_at, back.name_en) == (old.id, None, "Centre")
    assert merging.belongings(session, old.id, now=now).is_empty


def test_a_unit_that_comes_back_has_none_of_its_old_prices(
    session: Session, organisation: Organisation, units: list[Unit], admin_user: User, admin: Actor, *, now: datetime
) -> None:
    old, new = units
    today = local_date(now)
    later = today + timedelta(days=30)
    for place, day in ((old, date(2020, 1, 1)), (old, today), (old, later), (new, today)):
        make_unit_price(session, place, 10_000, admin_user, valid_from=day)
    assert merging.preview_merge(session, old.id, new.id, actor=admin, now=now).has.has_prices

    merging.remove_unit(session, old.id, reason="撤并", actor=admin, now=now)
    session.commit()
    back = add_unit(session, organisation.id, UnitForm(name_zh="老中心"), actor=admin, now=now)
    instrument = make_instrument(session, organisation, unit_id=back.id)
    session.commit()

    def price(unit_id: int, day: date) -> int | None:
        spot = Spot(instrument.id, unit_id, organisation.id)
        found = price_for(session, spot, None, day=day, today=today)
        return found.policy.hourly_fen if found else None

    days = (today - timedelta(days=1), today, later, later + timedelta(days=300))
    assert [price(old.id, day) for day in days] == [10_000, None, None, None]
    assert [price(new.id, day) for day in days[1:]] == [10_000] * 3
    withdrawn = select(PricePolicy.valid_from, PricePolicy.revision, PricePolicy.reason)
    rows = session.execute(withdrawn.where(PricePolicy.offer == Offer.WITHDRAWN).order_by(PricePolicy.id)).all()
    assert [tuple(row) for row in rows] == [(today, 2, "撤并"), (later, 2, "撤并")]
    assert not merging.belongings(session, old.id, now=now).has_prices
    instrument.unit_id = None
    session.commit()
    merging.remove_unit(session, old.id, actor=admin, now=now)
    session.commit()
    assert session.scalar(select(func.count(PricePolicy.id))) == 6


def test_an_instrument_that_would_lose_its_contact_keeps_the_units_apart(
    session: Session, organisation: Organisation, units: list[Unit], admin: Actor, *, now: datetime
) -> None:
    old, new = units
    contact = SettingsForm(contact_name="测试中心", phone="023-68250000", email="centre@example.org")
    sharing.edit_settings(session, (organisation.id, old.id), contact, actor=admin, now=now)
    instrument = make_instrument(session, organisation, unit_id=old.id, inherits=written(INHERITABLE))
    session.commit()

    seen = merging.preview_merge(session, old.id, new.id, actor=admin, now=now)
    with pytest.raises(InvalidInput):
        merging.merge_unit(session, old.id, new.id, actor=admin, now=now)
    session.rollback()

    assert seen.problems != []
    assert (instrument.unit_id, old.removed_at) == (old.id, None)


def test_only_an_empty_unit_is_removed_and_none_is_merged_elsewhere_or_by_a_deputy(
    session: Session, organisation: Organisation, units: list[Unit], admin_user: User, admin: Actor, *, now: datetime
) -> None:
    old, new = units
    _instrument, role = used(session, organisation, old)
    elsewhere = Unit(organisation_id=make_organisation(session).id, name_zh="别处")
    session.add(elsewhere)
    session.commit()
    deputy, today = make_user(session, "deputy"), local_date(now)
    own = session.scalars(select(Grant).where(Grant.user_id == admin_user.id)).one()
    days = (today, today + timedelta(days=7))
    delegate_grant(session, own.id, deputy.email, *days, actor=admin, now=now)
    session.commit()
    stand_in = actor_for(session, deputy, now=now)
    steward = actor_for(session, session.get_one(User, role.user_id), now=now)

    with pytest.raises(Conflict):
        merging.remove_unit(session, old.id, actor=admin, now=now)
    for into, asker, refusal in (
        (elsewhere, admin, InvalidInput),
        (old, admin, InvalidInput),
        (new, stand_in, Forbidden),
        (new, steward, Forbidden),
    ):
        with pytest.raises(refusal):
            merging.merge_unit(session, old.id, into.id, actor=asker, now=now)
        session.rollback()
    merging.remove_unit(session, new.id, actor=stand_in, now=now)
    session.commit()

    assert queries.units(session, organisation.id) == [old]
    assert (role.scope_id, new.removed_at) == (old.id, now)
    sharing.rename_unit(session, old.id, UnitForm(name_zh="新中心"), actor=admin, now=now)
    assert (old.name_zh, new.name_zh) == ("新中心", f"新中心 #{new.id}")


def test_the_page_says_what_goes_along_and_does_it(
    client: FlaskClient, session: Session, organisation: Organisation, units: list[Unit], admin_user: User
) -> None:
    old, new = units
    used(session, organisation, old)
    sign_in(client, admin_user)

    looked = client.get(f"/units/{old.id}/merge?into_id={new.id}")
    told = client.get(f"/api/v1/units/{old.id}/merge?into_id={new.id}").get_json()
    kept = client.delete(f"/api/v1/units/{old.id}")
    done = client.post(f"/units/{old.id}/merge", data={"into_id": new.id, "version": old.version})
    gone = client.get(f"/units/{old.id}/edit")

    assert (looked.status_code, "Wei" in looked.text) == (200, True)
    assert (told["instruments"], [one["name"] for one in told["roles"]], told["problems"]) == (1, ["Wei"], [])
    assert (kept.status_code, done.status_code, gone.status_code) == (409, 303, 404)
    assert done.location.endswith(f"/units/{new.id}/edit")


def test_everything_that_refers_to_a_unit_is_thought_of() -> None:
    referring = {
        f"{table.name}.{key.parent.name}"
        for table in Base.metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table.name == "units"
    }

    moved = {f"{table.__tablename__}.{column}" for table, column, _fits in merging.GOES_ALONG.values()}
    assert referring == moved | merging.STAYS
