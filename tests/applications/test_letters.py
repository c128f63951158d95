"""Who is told of what: the office whose turn it is, and the people of the firm."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.applications import steps
from booking.core.clock import local_date
from booking.notifications.letters import Letter
from booking.notifications.rendering import compose
from models.accounts import Grant, User
from models.vocabulary.accounts import Role, ScopeKind
from tests.factories.applications import Office
from tests.factories.letters import SETTINGS, mailed
from tests.factories.people import give
from tests.factories.programmes import make_officer


def told(session: Session, office: Office) -> list[Letter]:
    """The letters of what was done since."""
    session.commit()
    return mailed(session, now=office.now)


def names(letters: list[Letter]) -> list[str]:
    return sorted(one.recipient.partition("@")[0] for one in letters)


def test_each_step_goes_to_the_office_whose_turn_it_is_and_each_decision_to_the_firm(
    session: Session, office: Office
) -> None:
    make_officer(session, office.authority, "colleague", now=office.now)
    told(session, office)

    found = office.submitted()
    submitted = told(session, office)
    office.passed(found)
    passed = told(session, office)
    office.issued(found)
    issued = told(session, office)

    assert [names(one) for one in (submitted, passed, issued)] == [
        ["first"],
        ["agent", "colleague", "second"],
        ["agent"],
    ]


def test_officers_of_the_firm_and_who_stands_in_for_officers_are_not_asked_to_review(
    session: Session, office: Office
) -> None:
    for name in ("relative", "deputy"):
        make_officer(session, office.district, name, now=office.now)
    relative, deputy = (
        session.scalars(select(User).where(User.email.startswith(name))).one() for name in ("relative", "deputy")
    )
    give(session, relative, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, office.firm.id)
    own = session.scalars(select(Grant).where(Grant.user_id == office.first.id)).one()
    lent = session.scalars(select(Grant).where(Grant.user_id == deputy.id)).one()
    lent.delegated_from_id, lent.ends_on = own.id, local_date(office.now)
    told(session, office)

    office.submitted()

    assert names(told(session, office)) == ["first"]


def test_the_office_that_reviews_is_told_that_the_firm_took_it_back(session: Session, office: Office) -> None:
    found = office.passed()
    told(session, office)

    steps.withdraw_application(session, found.id, reason="不要了", actor=office.agent, now=office.now)

    assert names(told(session, office)) == ["second"]


def test_letters_say_what_lacks_and_when_the_voucher_ends(session: Session, office: Office) -> None:
    found = office.submitted()
    told(session, office)
    office.returned(found)
    returned = told(session, office)
    office.issued(office.passed(office.submitted(found)))
    session.expire_all()
    issued = [one for one in told(session, office) if one.values["step"] == "issue"]

    said = [compose(one, SETTINGS.address).text for one in (*returned, *issued)]

    assert "执照不清楚" in said[0]
    assert all(word in said[1] for word in ("12月31日", "3月31日", issued[0].values["number"]))
