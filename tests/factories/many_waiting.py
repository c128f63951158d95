"""One of everything that waits or comes to its end at an organisation, each with a marker in its name."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking.core.clock import local_date
from models.accounts import User
from models.affiliations import Affiliation, OrganisationRegistration, Roster, Visit
from models.arrivals import ReportExemption
from models.directory import Organisation
from models.enquiries import Enquiry
from models.teams import Team, TeamMember, TeamRequest
from models.vocabulary.affiliations import AffiliationState, IdentityKind, RosterState, VisitState
from models.vocabulary.catalogue import PublishingState
from models.vocabulary.directory import OrganisationKind
from models.vocabulary.enquiries import EnquiryState
from tests.factories.instruments import make_instrument
from tests.factories.people import make_user


def add_waiting(session: Session, organisation: Organisation, lead: User, mark: str, now: datetime) -> None:
    """Registrations, visits, affiliations, a roster a year old, a team of `lead` that asks the joiner to lead it.

    An overdue record, too, with a wish to be exempt and an answer to what `lead` asked about it.
    """
    today, joiner, leaver = local_date(now), *(make_user(session, f"{mark}_{one}") for one in ("joiner", "leaver"))
    place = {"organisation_id": organisation.id}
    dates = {"starts_on": today, "ends_on": today + timedelta(days=5)}
    firm = {"kind": OrganisationKind.ENTERPRISE, "country": "CN", "created_at": now}
    session.add(OrganisationRegistration(registrant_id=joiner.id, name_zh=f"{mark}公司", **firm))
    paper = {"identity_kind": IdentityKind.PASSPORT, "identity_number": "X1", "email": "v@example.org", "purpose": "看"}
    for state in (VisitState.PENDING, VisitState.CONFIRMED):
        people = {"host_id": lead.id, "registered_by_id": lead.id, "created_at": now}
        session.add(Visit(name=f"{mark}_visitor", state=state, **place, **dates, **paper, **people))
    asked = {"asked_at": now, "user_id": joiner.id}
    session.add(Affiliation(state=AffiliationState.PENDING, starts_on=today, **place, **asked))
    ending = {"asked_at": now, "decided_at": now, "user_id": leaver.id}
    session.add(Affiliation(state=AffiliationState.CONFIRMED, **place, **dates, **ending))
    applied = {"state": RosterState.APPLIED, "created_at": now, "closed_at": now - timedelta(days=350)}
    session.add(Roster(name=mark, content="", is_complete=True, created_by_id=lead.id, **place, **applied))
    team = Team(name_zh=f"{mark}课题组", lead_id=lead.id, successor_id=joiner.id, created_at=now, **place)
    session.add(team)
    session.flush()
    session.add(TeamRequest(team_id=team.id, user_id=joiner.id, created_at=now))
    session.add(TeamMember(team_id=team.id, user_id=joiner.id, created_at=now, **dates))
    accepted, draft = today - timedelta(days=200), PublishingState.DRAFT
    made = make_instrument(session, organisation, name_zh=f"{mark}仪器", publishing_state=draft, accepted_on=accepted)
    asks = {"instrument_id": made.id, "asked_by_id": lead.id, "asked_at": now}
    session.add(ReportExemption(reason=mark, **asks))
    session.add(Enquiry(state=EnquiryState.ANSWERED, changed_at=now, **asks))
    session.commit()
