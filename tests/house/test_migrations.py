"""Migrations go up, agree with the models, and come down again, on both engines."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import flask_migrate
import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy.orm import Session

from app import create_app
from booking.contracts.forms import ContractForm, RequirementForm
from booking.contracts.requirements import set_requirement
from booking.contracts.service import draft_contract
from booking.core.clock import utcnow
from booking.pricing.queries import in_force
from booking.reservations.moving import move_reservation
from booking.reservations.older_uses import let_off_use
from booking.reservations.use_reminding import due_to_remind
from booking.settings import ROOT
from booking.statements.forms import BillingTermsForm, ReceiptForm
from booking.statements.receipts import record_receipt
from booking.statements.terms import set_terms
from booking.web.extensions import db
from models.charges import Charge
from models.directory import Unit
from models.order_forms import OrderForm
from models.pricing import PricePolicy
from models.reservations import Reservation, UseReminder
from models.statements import Debtor
from models.vocabulary.contracts import ContractScope
from models.vocabulary.pricing import Offer
from tests import heads
from tests.charges.houses import ALONE, House
from tests.databases import postgresql_database, settings_for
from tests.factories.contracts import make_firm
from tests.factories.instruments import make_organisation
from tests.factories.people import make_user
from tests.factories.prices import make_unit_price
from tests.factories.requiring import make_place
from tests.statements.office import Office
from tests.vouchers.using import Bench

CHARGES = "2026_11_27_charges"
STATEMENTS = "2026_11_28_statements"
CONTRACTS = "2026_11_28_contracts"
AGREEMENTS = "2026_11_28_use_agreements"
UNIT_PRICES = "2026_11_30_removed_units_prices"
ORDER_FORMS = "2026_11_30_order_forms"
BOOKED_VOUCHERS = "2026_12_01_booked_vouchers"
NOW = datetime(2026, 11, 23, 0, tzinfo=UTC)
"""The Monday of the tests' bookings."""


@pytest.fixture(params=["sqlite", "postgresql"])
def unmigrated(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    if request.param == "sqlite":
        yield create_app(settings_for(f"sqlite:///{tmp_path / 'up.sqlite3'}", tmp_path))
        return
    with postgresql_database(f"migrations_{os.getpid()}") as url:
        app = create_app(settings_for(url, tmp_path))
        yield app
        with app.app_context():
            db.engine.dispose()


@contextmanager
def migrated(app: Flask) -> Iterator[None]:
    """At the newest version, with places and classes."""
    heads.bring_to_head(app.config["SETTINGS"].sqlalchemy_url)
    with app.app_context():
        yield


def test_up_check_down_and_up_again(unmigrated: Flask) -> None:
    with unmigrated.app_context():
        flask_migrate.upgrade()
        flask_migrate.check()
        flask_migrate.downgrade(revision="base")
        left = set(sa.inspect(db.engine).get_table_names())
        flask_migrate.upgrade()
        flask_migrate.check()

    assert left <= {"alembic_version"}


def test_there_is_one_head() -> None:
    assert len(_scripts().get_heads()) == 1


def _scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    return ScriptDirectory.from_config(config)


def _before(revision: str) -> str:
    return str(_scripts().get_revision(revision).down_revision)


def test_what_ended_before_uses_were_confirmed_is_nobodys_to_be_reminded_of_and_costs_nothing_by_itself(
    unmigrated: Flask,
) -> None:
    with migrated(unmigrated):
        with Session(db.engine, expire_on_commit=False) as session:
            house = House(session, NOW)
            ids = [house.book(9, day=day).id for day in (1, 2)]
            for reservation_id, year in zip(ids, (2020, 2100), strict=True):
                times = {
                    "starts_at": datetime(year, 3, 2, 1, tzinfo=UTC),
                    "ends_at": datetime(year, 3, 2, 3, tzinfo=UTC),
                }
                session.execute(sa.update(Reservation).where(Reservation.id == reservation_id).values(times))
            session.commit()
        flask_migrate.downgrade(revision=_before(CHARGES))
        flask_migrate.upgrade()
        with Session(db.engine) as session:
            house.session = session
            before = house.books()
            let_off_use(session, ids[0], actor=house.actor(house.steward), now=utcnow())
            session.commit()
            after = house.books()
            marked = session.execute(sa.select(UseReminder.reservation_id, UseReminder.level)).all()
            charged = session.scalars(sa.select(Charge)).all()
            told = due_to_remind(session, now=utcnow())

    assert (marked, charged, told) == ([(ids[0], 0)], [], [])
    assert (before, after) == ((10_000, 40_000, 0), (30_000, 20_000, 0))


def test_what_was_confirmed_and_charged_is_not_lost_by_going_back(unmigrated: Flask) -> None:
    with migrated(unmigrated):
        with Session(db.engine, expire_on_commit=False) as session:
            house = House(session, NOW)
            house.confirm(house.book(9, by=house.stranger, paying=ALONE))
        with pytest.raises(SystemExit):
            flask_migrate.downgrade(revision=_before(CHARGES))
        with Session(db.engine) as session:
            assert session.scalars(sa.select(Charge.paper_fen)).all() == [20_000]


def _filled(session: Session, what: str) -> None:
    """What one of the migrations would take away by going back."""
    office = Office(session, NOW)
    if what == "terms":
        office.do(set_terms, office.place.id, BillingTermsForm(bank_details="工行 6222"), by=office.finance)
    elif what == "receipts":
        office.used(9, by=office.other)
        office.drafts()
        owes = session.scalars(sa.select(Debtor.id)).one()
        form = ReceiptForm(amount_fen=500, number="B1", received_on=office.later.date())
        office.do(record_receipt, owes, form, by=office.finance, at_=office.later)
    elif what == "contracts":
        drafted = {"party": make_firm(session).uscc, "title": "测试服务", "scope": ContractScope.FRAMEWORK}
        form_of = ContractForm(**drafted, starts_on=NOW.date(), ends_on=NOW.date())
        office.do(draft_contract, office.place.id, form_of, by=office.finance)
    else:
        required = RequirementForm(requires=True, threshold_fen=100)
        office.do(set_requirement, office.place.id, required, by=office.finance)


@pytest.mark.parametrize(
    ("what", "revision", "kept"),
    [
        pytest.param("terms", STATEMENTS, "SELECT bank_details FROM billing_terms", id="terms of an office"),
        pytest.param("receipts", STATEMENTS, "SELECT amount_fen FROM receipts", id="money without a statement"),
        pytest.param("contracts", CONTRACTS, "SELECT state FROM contracts", id="contracts"),
        pytest.param("requirements", AGREEMENTS, "SELECT threshold_fen FROM contract_settings", id="requirements"),
    ],
)
def test_going_back_loses_nothing_that_was_set_received_or_agreed_on(
    unmigrated: Flask, what: str, revision: str, kept: str
) -> None:
    with migrated(unmigrated):
        with Session(db.engine, expire_on_commit=False) as session:
            _filled(session, what)
            before = session.execute(sa.text(kept)).all()
        with pytest.raises(SystemExit):
            flask_migrate.downgrade(revision=_before(revision))
        with Session(db.engine) as session:
            after = session.execute(sa.text(kept)).all()

    assert (len(after), after) == (1, before)


def test_going_back_is_refused_while_uses_say_that_vouchers_hold_something(unmigrated: Flask) -> None:
    with migrated(unmigrated):
        with Session(db.engine, expire_on_commit=False) as session:
            bench = Bench.made(session)
            bench.issue(60_000)
            bench.hold(200_000)
        with pytest.raises(SystemExit):
            flask_migrate.downgrade(revision=_before(BOOKED_VOUCHERS))
        with Session(db.engine) as session:
            assert session.execute(sa.text("SELECT uses_vouchers FROM reservations")).all() == [(False,)]


def test_drafts_are_made_anew_after_going_back_and_charges_stay(unmigrated: Flask) -> None:
    with migrated(unmigrated):
        with Session(db.engine, expire_on_commit=False) as session:
            office = Office(session, NOW)
            office.used(9)
            office.used(12, by=office.other)
            office.drafts()
            rows = "SELECT state, gross_fen, captured_fen, paper_fen, version FROM charges ORDER BY id"
            parts = "SELECT (SELECT count(*) FROM charge_events), (SELECT count(*) FROM charge_lines)"
            before = [session.execute(sa.text(one)).all() for one in (rows, parts)]
        flask_migrate.downgrade(revision=_before(STATEMENTS))
        flask_migrate.upgrade()
        with Session(db.engine, expire_on_commit=False) as session:
            office.session = session
            after = [session.execute(sa.text(one)).all() for one in (rows, parts)]
            bills = office.bill()

    assert after == before
    assert [one.total_fen for one in bills] == [10_000, 10_000]


def test_prices_of_units_that_were_removed_are_withdrawn_and_stay_so(unmigrated: Flask) -> None:
    with migrated(unmigrated):
        with Session(db.engine, expire_on_commit=False) as session:
            place, clerk = make_organisation(session), make_user(session, "clerk")
            gone, kept = (Unit(organisation_id=place.id, name_zh=name) for name in ("甲", "乙"))
            session.add_all([gone, kept])
            session.commit()
            for unit, day in ((gone, date(2026, 1, 1)), (gone, date(2027, 1, 1)), (kept, date(2026, 1, 1))):
                make_unit_price(session, unit, 500, clerk, valid_from=day)
            gone.removed_at = datetime(2026, 11, 20, 18, tzinfo=UTC)
            session.commit()
        for _turn in range(2):
            flask_migrate.downgrade(revision=_before(UNIT_PRICES))
            flask_migrate.upgrade()
        with Session(db.engine) as session:
            rows = sa.select(PricePolicy.unit_id, PricePolicy.valid_from, PricePolicy.revision)
            ended = session.execute(rows.where(PricePolicy.offer == Offer.WITHDRAWN).order_by(PricePolicy.id)).all()
            held = in_force(session, [], [gone.id, kept.id], date(2027, 6, 1))

    assert [tuple(row) for row in ended] == [(gone.id, date(2026, 11, 21), 1), (gone.id, date(2027, 1, 1), 2)]
    assert {(one.unit_id, str(one.offer)) for one in held} == {(kept.id, "offered"), (gone.id, "withdrawn")}


def test_order_forms_that_were_accepted_before_they_had_numbers_get_them_in_their_order(unmigrated: Flask) -> None:
    with migrated(unmigrated):
        with Session(db.engine, expire_on_commit=False) as session:
            place = make_place(session, NOW)
            first, second = place.booked(2, place.text_id), place.booked(1, place.text_id, day=3)
            move_reservation(session, first.id, place.at(1, day=4), actor=place.outsider, now=NOW)
            session.commit()
            before = [dict(one.told) for one in session.scalars(sa.select(OrderForm).order_by(OrderForm.id))]
        with pytest.raises(SystemExit):
            flask_migrate.downgrade(revision=_before(ORDER_FORMS))
        _forget_forms()
        flask_migrate.downgrade(revision=_before(ORDER_FORMS))
        flask_migrate.upgrade()
        with Session(db.engine) as session:
            found = session.scalars(sa.select(OrderForm).order_by(OrderForm.id)).all()
            numbers = [(one.reservation_id, one.year, one.number) for one in found]
            told = [one.told for one in found]
            third = replace(place, session=session).booked(1, place.text_id, day=6)
            last = session.scalars(sa.select(OrderForm.number).where(OrderForm.reservation_id == third.id)).one()

    assert numbers == [(first.id, 2026, 1), (second.id, 2026, 2)]
    assert (told, last) == (before, 3)


def _forget_forms() -> None:
    """As if nobody had numbered them: the guard of the table is put back with the table."""
    with db.engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE order_forms"))
        connection.execute(sa.text("DROP TABLE order_form_series"))
        connection.execute(sa.text("CREATE TABLE order_forms (id INTEGER)"))
        connection.execute(sa.text("CREATE TABLE order_form_series (id INTEGER)"))
