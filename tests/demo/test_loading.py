"""The demo: everything of it is there, sound, and the same each time."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from booking.accounts import queries as accounts
from booking.accounts.passwords import matches
from booking.accounts.permissions import Permission, reach
from booking.affiliations.group_reading import group_of
from booking.applications.queries import is_to_review
from booking.applications.register import documents_for
from booking.clearing.months import Act
from booking.clearing.verifying import faults as clearing_faults
from booking.clearing.waiting import waiting_for
from booking.demo import affiliations, loading, people, photos
from booking.ledger.queries import balance_of
from booking.ledger.verifying import faults as ledger_faults
from booking.programmes import queries as programmes
from booking.recognitions.queries import recognised
from booking.redemptions import queries as redemptions
from booking.redemptions.documents import papers_of
from booking.redemptions.verifying import faults as redemption_faults
from booking.vouchers.registering import evidence_of
from booking.vouchers.verifying import faults as voucher_faults
from booking.web.extensions import db
from models.accounts import AuditEntry, User
from models.affiliations import Affiliation, OrganisationRegistration, Visit
from models.applications import VerifiedDocument, VoucherApplication
from models.attachments import Attachment
from models.catalogue import BookingPolicy, Instrument, SharedSettings, TestItem
from models.clearing import ClearingFigures, ClearingStatement
from models.custody import OwnerChange
from models.directory import CalendarDay, Organisation
from models.enquiries import Enquiry, FaqEntry
from models.listings import InstrumentListing
from models.redemptions import Redemption
from models.reservations import BlockConflict, Claim, Reservation
from models.samples import SampleOrder
from models.vocabulary.accounts import Role
from models.vocabulary.affiliations import AffiliationState, RegistrationState, VisitState
from models.vocabulary.applications import ApplicationState
from models.vocabulary.attachments import OwnerKind
from models.vocabulary.catalogue import BookingMode, PublishingState
from models.vocabulary.custody import OwnerChangeState
from models.vocabulary.enquiries import EnquiryState, WishState
from models.vocabulary.programmes import ServiceType
from models.vocabulary.redemptions import RedemptionState
from models.vocabulary.reservations import ConflictState, ReservationState
from models.vocabulary.vouchers import VoucherState
from models.vouchers import Voucher
from tests import databases

OFFICERS = ("officer-cq", "officer-cq2", "officer-bb", "officer-sc", "officer-sc2", "officer-my")
NOW = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    folder: Path = tmp_path_factory.mktemp("demo")
    with databases.sqlite_app(folder) as app:
        loading.load(app, lambda _line: None, now=NOW)
        yield app


@pytest.fixture
def loaded(demo: Flask) -> Iterator[Session]:
    with demo.app_context(), Session(db.engine) as opened:
        yield opened


def test_the_catalogue_holds_the_samples_and_the_real_records(loaded: Session) -> None:
    samples = select(func.count(), func.count(Instrument.class_code.distinct())).where(Instrument.is_sample)
    records, classes = loaded.execute(samples).one()
    real = loaded.scalar(select(func.count()).where(Instrument.is_sample.is_(False)))

    assert records >= 400
    assert classes >= 200
    assert real == 467
    assert (loaded.scalar(select(func.count()).select_from(TestItem)) or 0) > 400


def test_some_instruments_inherit_some_have_slots_and_one_is_offered_to_another_institution(loaded: Session) -> None:
    inherits = loaded.scalars(select(Instrument.inherits).where(Instrument.is_sample)).all()
    slots = loaded.scalars(select(BookingPolicy.slots).where(BookingPolicy.slots != "")).all()

    assert (sum("contact" in names.split() for names in inherits), len(slots)) == (7, 2)
    assert len(loaded.scalars(select(SharedSettings)).all()) == 3
    assert loaded.scalars(select(OwnerChange.state)).all() == [OwnerChangeState.PROPOSED]


def test_every_real_record_names_its_source_and_cannot_be_booked_here(loaded: Session) -> None:
    real = loaded.scalars(select(Instrument).where(Instrument.is_sample.is_(False))).all()

    assert {instrument.booking_mode for instrument in real} == {BookingMode.ON_REQUEST}
    assert {instrument.provenance.rpartition(" · ")[2] for instrument in real} == {
        "Apache-2.0",
        "public domain",
        "NIST public domain",
    }


def test_exactly_what_is_published_is_listed(loaded: Session) -> None:
    published = select(Instrument.id).where(Instrument.publishing_state == PublishingState.PUBLISHED)

    listed = set(loaded.scalars(select(InstrumentListing.instrument_id)))

    assert listed == set(loaded.scalars(published))
    states = set(loaded.scalars(select(Instrument.publishing_state).distinct()))
    assert states == set(PublishingState)


def test_every_account_is_confirmed_and_has_its_role_where_it_belongs(loaded: Session) -> None:
    users = {user.email: user for user in loaded.scalars(select(User))}

    assert set(users) == {person.email for person in people.PEOPLE}
    assert all(user.confirmed_at for user in users.values())
    assert matches(users["steward@demo.example"].password_hash, people.PASSWORD)
    actors = {person.account: accounts.actor_of(loaded, person.email, now=NOW) for person in people.PEOPLE}
    steward, institution = actors["steward"], actors["institution"]
    assert steward is not None
    assert institution is not None
    assert len(reach(steward, Permission.EDIT_RECORD).instrument_ids) == people.STEWARDED
    (own,) = reach(institution, Permission.EDIT_ORGANISATION).organisation_ids
    assert loaded.get_one(Organisation, own).name_zh == "西南大学"
    assert {grant.role for actor in actors.values() if actor for grant in actor.grants} >= {
        Role.LEAD,
        Role.ENTERPRISE_AGENT,
        Role.VOUCHER_OFFICER,
        Role.OPERATOR,
        Role.AUDITOR,
        Role.PLATFORM_ADMIN,
    }


def test_people_belong_somewhere_and_something_waits_for_each_who_decides(loaded: Session) -> None:
    counted = loaded.execute(select(Affiliation.state, func.count().label("people")).group_by(Affiliation.state))
    states = {row.state: row.people for row in counted}
    university = loaded.scalars(select(Organisation).where(Organisation.name_zh == "西南大学")).one()
    researcher = loaded.scalars(select(User).where(User.email == "researcher@demo.example")).one()

    somewhere = {person.account for person in people.PEOPLE if person.organisation} | set(affiliations.ALSO_THERE)
    assert states == {AffiliationState.CONFIRMED: len(somewhere), AffiliationState.PENDING: 1}
    assert group_of(loaded, researcher.id, university.id, NOW.date()).name_zh == "校内"
    assert loaded.scalars(select(Visit.state)).all() == [VisitState.PENDING]
    assert loaded.scalars(select(OrganisationRegistration.state)).all() == [RegistrationState.PENDING]


def test_reservations_lie_on_both_sides_of_today_and_some_wait(loaded: Session) -> None:
    past = loaded.scalar(select(func.count()).where(Reservation.ends_at < NOW))
    waiting = loaded.scalar(select(func.count()).where(Reservation.state == ReservationState.REQUESTED))
    researcher = loaded.scalars(select(User).where(User.email == "researcher@demo.example")).one()
    mine = loaded.scalar(
        select(func.count()).where(Reservation.booked_by_id == researcher.id, Reservation.starts_at > NOW)
    )

    assert past is not None
    assert past > 50
    assert waiting
    assert mine
    assert loaded.scalar(select(func.count()).where(BlockConflict.state == ConflictState.OPEN))


def test_no_request_of_the_demo_has_lapsed_already(loaded: Session) -> None:
    waiting = loaded.scalars(select(Reservation).where(Reservation.state == ReservationState.REQUESTED)).all()

    assert all(reservation.decide_by and reservation.decide_by > NOW for reservation in waiting)
    assert all(reservation.starts_at > NOW + timedelta(days=1) for reservation in waiting)


def test_no_two_claims_of_the_demo_overlap(loaded: Session) -> None:
    first, second = aliased(Claim), aliased(Claim)
    overlapping = select(func.count()).where(
        first.lane_id == second.lane_id,
        first.id < second.id,
        first.starts_at < second.ends_at,
        second.starts_at < first.ends_at,
    )

    assert loaded.scalar(overlapping) == 0


def test_public_days_are_seeded_and_every_change_is_in_the_log(loaded: Session) -> None:
    years = {day.year for day in loaded.scalars(select(CalendarDay.day).where(CalendarDay.organisation_id.is_(None)))}
    imported = loaded.scalar(select(func.count()).where(AuditEntry.action == "catalogue.record_imported"))

    assert years == {2024, 2025, 2026, 2027, 2028}
    assert imported is not None
    assert imported >= 510 + 467


def test_the_banner_lists_every_account_with_its_password(demo: Flask) -> None:
    assert [email for email, _password, _role in loading.accounts(demo)] == [person.email for person in people.PEOPLE]


def test_some_people_ask_and_get_answers(loaded: Session) -> None:
    threads = loaded.execute(select(Enquiry.state, Enquiry.wish_state).order_by(Enquiry.id)).all()

    assert [tuple(row) for row in threads] == [
        (EnquiryState.ANSWERED, None),
        (EnquiryState.WAITING, None),
        (EnquiryState.ANSWERED, WishState.OFFERED),
    ]
    assert loaded.scalar(select(func.count()).select_from(FaqEntry)) == 4


def test_samples_stand_at_every_stage(loaded: Session) -> None:
    states = loaded.scalars(select(SampleOrder.state).order_by(SampleOrder.id)).all()

    assert " ".join(states) == "requested quoted queued questioned testing reported"


def test_a_dozen_instruments_carry_a_photo_that_everybody_sees(demo: Flask, loaded: Session) -> None:
    photo = (Attachment.owner_id, Attachment.caption_zh, Attachment.caption_en)
    shown = loaded.execute(select(*photo).where(Attachment.owner_kind == OwnerKind.INSTRUMENT)).all()
    nobody = demo.test_client()

    listed = nobody.get("/api/v1/instruments?q=扫描电&limit=50").get_json()["items"]
    page = nobody.get(f"/instruments/{shown[0].owner_id}").get_data(as_text=True)

    assert len(shown) == len({one.owner_id for one in shown}) == len(photos.ROOMS)
    assert all(one.caption_zh.endswith("（示意图）") and one.caption_en.endswith(" (drawing)") for one in shown)
    assert {one["id"] for one in listed if one["photo_id"]} & {one.owner_id for one in shown}
    assert shown[0].caption_zh in page


def test_sichuan_2025_stands_there_with_its_published_numbers_and_each_is_sourced(loaded: Session) -> None:
    found = programmes.programmes(loaded, NOW.date())

    names = [(one.programme.year, one.programme.organisation.name_zh) for one in found]
    published = found[-1].version
    sourced = {name for name, mark in published.marks.items() if mark["kind"] == "sourced" and mark["text"]}
    shares = {f"shares.{name}" for name in published.shares}
    assert names == [
        (2026, "重庆市科学技术局"),
        (2026, "四川省科学技术厅"),
        (2026, "四川省科学技术厅"),
        (2025, "四川省科学技术厅"),
    ]
    assert [one.programme.runs_at for one in found] == ["", "", "科创通", ""]
    assert (published.notice, published.year_cap_fen) == ("川科政〔2025〕6号", 20_000_000)
    assert published.shares == {
        "instrument_sharing": 3_000,
        "shared_laboratory": 3_000,
        "testing": 3_000,
        "proof_of_concept": 2_000,
        "pilot_scale": 2_000,
        "computing": 2_000,
    }
    assert sourced == shares | {
        "year_cap_fen",
        "redeemed_by",
        "documents",
        "counts_on",
        "exclusions.statutory_testing",
        "exclusions.same_legal_person",
    }
    assert {mark["kind"] for mark in found[1].version.marks.values()} == {"assumed"}
    (window,) = published.windows
    assert (window["invoiced_from"], window["invoiced_until"]) == ("2025-01-01", "2025-06-30")
    mark = published.marks["windows"]
    assert mark["kind"] == "assumed"
    for said in ("发票日期有出处", "受理起止日为暂定", "8 月 12 日是市（州）科技局报科技厅的截止日"):
        assert said in mark["text"]


def test_of_chongqing_only_the_cap_and_the_year_are_sourced_and_the_provider_redeems(loaded: Session) -> None:
    (found,) = [one for one in programmes.programmes(loaded, NOW.date()) if "重庆" in one.programme.name_zh]
    version = found.version

    sourced = {name: mark["text"] for name, mark in version.marks.items() if mark["kind"] == "sourced"}
    assert sourced == dict.fromkeys(("year_cap_fen", "use_by"), "重庆市此前的创新券政策")
    assert version.shares == {"instrument_sharing": 3_000, "shared_laboratory": 3_000, "testing": 3_000}
    assert (version.year_cap_fen, version.budget_fen) == (30_000_000, 2_000_000_000)
    assert [one.isoformat() for one in (version.counts_from, version.use_by, version.redeem_by)] == [
        "2026-01-01",
        "2026-12-31",
        "2027-03-31",
    ]
    ways = version.redeemed_by, version.reserves_budget, version.counts_on, version.border_way
    assert ways == ("provider", "issue", "service", "advance_then_net")
    assert (version.windows, version.bears_difference) == ([], "provider")


def test_the_firm_of_each_province_has_a_voucher_of_its_own_authority(loaded: Session) -> None:
    rows = select(Organisation.name_zh, Voucher.face_fen).join(Organisation, Organisation.id == Voucher.organisation_id)
    rows = rows.where(Voucher.number_there.is_(None))

    assert sorted(fen for _name, fen in loaded.execute(rows)) == [1_500_000, 2_000_000]
    assert list(voucher_faults(loaded)) == []


def test_a_voucher_holds_for_a_booking_and_has_paid_for_a_use(loaded: Session) -> None:
    number = select(Organisation.id).where(Organisation.name_zh == "重庆四联光电科技有限公司").scalar_subquery()
    own = Voucher.organisation_id == number, Voucher.number_there.is_(None)
    voucher = loaded.scalars(select(Voucher).where(*own)).one()
    states = loaded.scalars(select(Reservation.state).where(Reservation.uses_vouchers).order_by(Reservation.starts_at))

    held, captured, paid, credit = (
        balance_of(loaded, one) for one in (voucher.held_id, voucher.captured_id, voucher.paid_id, voucher.credit_id)
    )
    assert min(held, captured, paid) > 0
    assert held + captured + paid + credit == voucher.face_fen
    assert states.all() == [*[ReservationState.COMPLETED] * 7, ReservationState.CONFIRMED]


def test_the_firm_in_beibei_has_registered_a_voucher_of_another_system_and_was_paid_there(loaded: Session) -> None:
    voucher = loaded.scalars(select(Voucher).where(Voucher.number_there.is_not(None))).one()
    made = loaded.scalars(select(Redemption).where(Redemption.submitted_on.is_not(None))).one()
    agent = people.actor(loaded, "enterprise", now=NOW)
    whole = redemptions.whole_redemption(loaded, made.id, agent, today=NOW.date())

    assert (voucher.face_fen, voucher.number.startswith("科创通-")) == (800_000, True)
    assert [one.file_name for one in evidence_of(loaded, voucher.id)] == ["科创通创新券.pdf"]
    assert (made.state, [one.step.value for one in whole.events]) == (
        RedemptionState.PAID,
        ["request", "submit", "pay"],
    )
    assert [one.file_name for one in whole.bank_papers] == ["科创通兑付通知.pdf"]
    assert balance_of(loaded, voucher.paid_id) == made.approved_fen


def _of_ours(session: Session) -> list[Redemption]:
    return list(session.scalars(select(Redemption).where(Redemption.submitted_on.is_(None)).order_by(Redemption.id)))


def test_redemptions_across_the_border_stand_in_every_state(loaded: Session) -> None:
    found = _of_ours(loaded)
    queues = {
        account: [one.id for one in redemptions.queue(loaded, officer, today=NOW.date(), limit=9).items]
        for account, officer in ((one, people.actor(loaded, one, now=NOW)) for one in OFFICERS)
    }

    assert [one.state.value for one in found] == ["paid", "notice", "requested", "reviewed", "rejected"]
    waiting, reviewed = found[2], found[3]
    assert (waiting.id in queues["officer-my"], reviewed.id in queues["officer-cq"]) == (True, True)
    assert reviewed.id not in queues["officer-cq2"]
    assert [*ledger_faults(loaded), *redemption_faults(loaded), *clearing_faults(loaded)] == []


def test_officers_see_the_papers_that_were_verified_also_in_what_the_firm_claims(loaded: Session) -> None:
    officer = people.actor(loaded, "officer-sc", now=NOW)
    waiting = _of_ours(loaded)[2]
    whole = redemptions.whole_redemption(loaded, waiting.id, officer, today=NOW.date())

    listed = {one.kind.value: len(one.verified) for one in papers_of(loaded, whole)}
    register = documents_for(loaded, people.actor(loaded, "officer-my", now=NOW), limit=9).items

    assert sorted(one.document.value for one in register) == ["business_licence", "enterprise_kind"]
    assert (listed["business_licence"], listed["enterprise_kind"]) == (1, 1)


def test_a_month_of_clearing_is_closed_with_both_directions_and_waits_for_the_other_side(loaded: Session) -> None:
    statement = loaded.scalars(select(ClearingStatement)).one()
    figures = loaded.scalars(select(ClearingFigures)).all()
    officers = {account: people.actor(loaded, account, now=NOW) for account in OFFICERS}

    waiting = {one: [each.act for each in waiting_for(loaded, who, today=NOW.date())] for one, who in officers.items()}

    assert statement.month < NOW.date().replace(day=1)
    assert {(one.issuer_province, one.provider_province) for one in figures} == {("50", "51"), ("51", "50")}
    assert all(one.captured_fen > 0 for one in figures)
    owed = {one.issuer_province: one.owed_fen for one in figures}
    assert owed["50"] > owed["51"] == 0
    assert waiting["officer-sc"] == waiting["officer-sc2"]
    assert Act.CONFIRM in waiting["officer-sc"]
    assert Act.CONFIRM not in waiting["officer-cq"]
    assert (waiting["officer-bb"], waiting["officer-my"]) == ([], [])


def test_one_application_waits_for_the_office_of_the_district_and_one_was_refused(loaded: Session) -> None:
    found = loaded.scalars(select(VoucherApplication).order_by(VoucherApplication.id)).all()
    officers = {account: people.actor(loaded, account, now=NOW) for account in OFFICERS}

    waiting = {
        account: loaded.scalars(
            select(VoucherApplication.id).join(VoucherApplication.programme).where(is_to_review(officer, NOW.date()))
        ).all()
        for account, officer in officers.items()
    }
    assert [one.state for one in found] == [ApplicationState.REFUSED, ApplicationState.DISTRICT_REVIEW]
    assert waiting == {one: [] for one in OFFICERS} | {"officer-bb": [found[1].id]}


def test_each_side_recognises_a_provider_of_the_other(loaded: Session) -> None:
    names = ("重庆市科学技术局", "四川省科学技术厅", "西南大学", "西南科技大学")
    chongqing, sichuan, swu, swust = (
        loaded.scalars(select(Organisation).where(Organisation.name_zh == name)).one() for name in names
    )

    found = [
        recognised(loaded, authority, provider, service_type, NOW.date())
        for authority, provider in ((chongqing, swust), (sichuan, swu))
        for service_type in (ServiceType.INSTRUMENT_SHARING, ServiceType.COMPUTING)
    ]

    assert found == [True, False, True, False]


@pytest.mark.parametrize("day", ["2027-01-02", "2027-02-18", "2027-10-09"])
def test_the_life_of_a_voucher_is_there_on_another_day_of_the_year_too(tmp_path: Path, day: str) -> None:
    now = datetime.fromisoformat(f"{day}T02:30:00+00:00")
    with databases.sqlite_app(tmp_path) as app:
        loading.load(app, lambda _line: None, now=now)
        with app.app_context(), Session(db.engine) as session:
            found = [one.state.value for one in session.scalars(select(Redemption).order_by(Redemption.id))]
            figures = session.scalars(select(ClearingFigures)).all()
            statement = session.scalars(select(ClearingStatement)).one()
            over = select(func.count()).where(Voucher.use_by < now.date(), Voucher.state == VoucherState.ISSUED)
            faults = [*ledger_faults(session), *voucher_faults(session), *redemption_faults(session)]
            faults += clearing_faults(session)
            verified = session.scalar(select(func.count()).select_from(VerifiedDocument))
            left = session.scalar(over)

    assert found == ["paid", "notice", "requested", "reviewed", "rejected", "paid"]
    assert statement.month == (now.date().replace(day=1) - timedelta(days=1)).replace(day=1)
    assert {(one.issuer_province, one.provider_province) for one in figures} == {("50", "51"), ("51", "50")}
    assert sum(one.owed_fen for one in figures) > 0
    assert (faults, verified, left) == ([], 2, 0)
