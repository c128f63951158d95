"""Reviews that are overdue are told to those who may do them, every week, on working days."""

from datetime import timedelta

from sqlalchemy.orm import Session

from booking.applications.reminding import due_to_remind, remind_of_reviews
from booking.core.clock import at_local
from booking.notifications.rendering import compose
from models.accounts import User
from models.applications import VoucherApplication
from tests.counting import counting
from tests.factories.applications import Office, user_of
from tests.factories.letters import SETTINGS, mailed
from tests.factories.people import stand_in
from tests.factories.programmes import make_officer, make_programme


def told(session: Session, office: Office, days: int, application: VoucherApplication) -> list[str]:
    """Who gets a letter so many days after the review was due; the clock strikes nine."""
    assert application.due_on is not None
    now = at_local(application.due_on + timedelta(days=days), 60 * 9)
    for organisation_id in due_to_remind(session, now=now):
        assert remind_of_reviews(session, organisation_id, now=now)
    session.commit()
    assert due_to_remind(session, now=now) == []
    return [one.recipient.partition("@")[0] for one in mailed(session, now=now)]


def waiting(session: Session, office: Office) -> VoucherApplication:
    """An application whose first review is due on a Monday, everybody told of it."""
    found = office.submitted()
    while found.due_on and found.due_on.weekday() != 0:
        found.due_on += timedelta(days=1)
    session.commit()
    mailed(session, now=office.now)
    return found


def test_an_overdue_review_is_told_every_week_to_the_office_whose_turn_it_is(session: Session, office: Office) -> None:
    found = waiting(session, office)

    said = [told(session, office, days, found) for days in (0, 1, 2, 7, 8, 9)]

    assert said == [[], ["first"], [], [], ["first"], []]


def test_nobody_is_told_on_a_day_off_nor_of_what_was_done_before_the_letter(session: Session, office: Office) -> None:
    found = waiting(session, office)
    saturday = told(session, office, 5, found)
    assert found.due_on is not None
    now = at_local(found.due_on + timedelta(days=1), 60 * 9)
    remind_of_reviews(session, office.district.id, now=now)
    office.refused(found)
    session.commit()

    letters = [one.template for one in mailed(session, now=now)]

    assert (saturday, "applications/overdue" in letters) == ([], False)


def test_the_second_review_is_told_anew_and_not_to_who_did_the_first_or_stands_in(
    session: Session, office: Office
) -> None:
    make_officer(session, office.authority, "both", now=office.now)
    stand_in(session, office.second, now=office.now)
    found = waiting(session, office)
    assert told(session, office, 1, found) == ["first"]
    office.passed(found)
    found.due_on = found.due_on or office.today
    while found.due_on.weekday() != 0 or found.due_on < (found.reminded_on or office.today):
        found.due_on += timedelta(days=1)
    session.commit()
    mailed(session, now=office.now)

    assert told(session, office, 1, found) == ["second", "both"]


def test_an_office_without_officers_leaves_its_reviews_to_the_programmes_authority(
    session: Session, office: Office
) -> None:
    found = waiting(session, office)
    session.get_one(User, office.first.id).deactivated_at = office.now
    session.commit()

    assert told(session, office, 1, found) == ["second"]


def test_a_letter_names_firm_programme_and_day(session: Session, office: Office) -> None:
    found = waiting(session, office)
    assert found.due_on is not None
    now = at_local(found.due_on + timedelta(days=1), 60 * 9)
    remind_of_reviews(session, office.district.id, now=now)
    session.commit()

    (letter,) = mailed(session, now=now)
    text = compose(letter, SETTINGS.address).text

    assert letter.recipient == user_of(session, office.first).email
    assert ("北碚示例公司" in text, f"{found.due_on.day}日" in text, "applications?show=to_review" in text) == (
        True,
        True,
        True,
    )


def test_many_reviews_are_one_letter_and_take_as_many_statements(session: Session, office: Office) -> None:
    counts = []
    for number in range(3):
        names = {"name_zh": f"创新券 {number}", "name_en": f"Vouchers {number}", "documents": ["application"]}
        other = make_programme(session, office.authority, office.second, now=office.now, **names)
        found = office.submitted(office.handed_in(office.drafted(programme_id=other.id)))
        assert found.due_on is not None
        session.commit()
        mailed(session, now=office.now)
        now = at_local(found.due_on + timedelta(days=60 + 7 * number), 60 * 9)
        with counting() as statements:
            assert remind_of_reviews(session, office.district.id, now=now)
        session.commit()
        counts.append((len(statements), len(mailed(session, now=now))))

    assert counts[1:] == [(counts[1][0], 1)] * 2
