"""Who belongs where in the demo: everybody at their organisation, one who waits, one firm to verify, one visitor."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.affiliations import registrations, service, visitors
from booking.affiliations.forms import AffiliationDetailsForm, AskAffiliationForm, RegistrationForm, VisitForm
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.demo import people
from models.directory import Organisation
from models.vocabulary.affiliations import IdentityKind
from models.vocabulary.directory import OrganisationKind

UNIVERSITY = "西南大学"
ALSO_THERE = {"researcher": UNIVERSITY, "steward": UNIVERSITY}
SAMPLE_USCC = "91500109000000000C"


def add_affiliations(session: Session, *, actor: Actor, opened: datetime, now: datetime) -> int:
    """Everybody confirmed at their organisation since the demo opened, and what waits for somebody; how many people."""
    ids = {name: key for key, name in session.execute(select(Organisation.id, Organisation.name_zh))}
    places = {person.account: person.organisation for person in people.PEOPLE if person.organisation} | ALSO_THERE
    for number, (account, organisation) in enumerate(places.items(), start=1):
        form = AskAffiliationForm(organisation_id=ids[organisation], staff_number=f"D{number:04}")
        asked = service.ask_affiliation(session, form, actor=people.actor(session, account, now=now), now=opened)
        service.confirm_affiliation(session, asked.id, AffiliationDetailsForm(), actor=actor, now=opened)
    _add_what_waits(session, ids[UNIVERSITY], now=now)
    return len(places)


def _add_what_waits(session: Session, university_id: int, *, now: datetime) -> None:
    """Somebody who asks the university, a visitor whom its admin confirms, and a firm for the operator."""
    asking = people.actor(session, "researcher2", now=now)
    form = AskAffiliationForm(organisation_id=university_id, message="交流学者，合作导师周课题")
    service.ask_affiliation(session, form, actor=asking, now=now)
    today = local_date(now)
    visit = VisitForm(
        name="示例访客",
        phone="13800000000",
        identity_kind=IdentityKind.PASSPORT,
        identity_number="SAMPLE0001",
        starts_on=today + timedelta(days=3),
        ends_on=today + timedelta(days=5),
        purpose="合作测试",
    )
    host = people.actor(session, "lead", now=now)
    visitors.register_visitor(session, university_id, visit, actor=host, now=now)
    firm = RegistrationForm(
        name_zh="北碚示例检测技术有限公司（示例）",
        name_en="Beibei Sample Testing (sample)",
        kind=OrganisationKind.ENTERPRISE,
        adcode="500109",
        uscc=SAMPLE_USCC,
        message="经办人，附营业执照复印件",
    )
    registrations.register_organisation(session, firm, actor=asking, now=now)
