"""Firms that apply for vouchers and the officers who review, for tests; each application led as far as is wanted."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from booking.applications import service, steps
from booking.applications.forms import (
    IssueVoucherForm,
    NewApplicationForm,
    PassApplicationForm,
    RefuseApplicationForm,
    ReturnApplicationForm,
)
from booking.attachments.preparing import Prepared, Uploaded, prepare
from booking.attachments.rules import Limits
from booking.core.actors import Actor
from booking.core.clock import local_date, utcnow
from models.accounts import User
from models.applications import VoucherApplication
from models.directory import Organisation
from models.programmes import Programme
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.directory import OrganisationKind
from models.vocabulary.programmes import ProgrammeDocument
from tests.factories.instruments import make_organisation
from tests.factories.people import actor_for, give, make_user
from tests.factories.pictures import photo
from tests.factories.programmes import CHONGQING, make_authority, make_officer, make_programme

LIMITS = Limits(photo_bytes=10**6, document_bytes=10**6, quota_bytes=10**8, most_files=20)
PAPERS = ["application", "business_licence", "enterprise_kind", "invoice"]
CODES = ("91500109MA0000001J", "91510704MA0000001D")
WANTED = 5_000_000
BEIBEI, YUZHONG, CITY = "500109", "500103", "500112"


def a_file(name: str = "材料.jpg") -> list[Prepared]:
    """A file, ready to be stored."""
    return prepare([Uploaded(name, photo())], LIMITS)


@dataclass
class Office:
    """A programme of Chongqing's authority, with officers of it and of the firm's district, and a firm there."""

    session: Session
    now: datetime
    authority: Organisation
    district: Organisation
    programme: Programme
    firm: Organisation
    agent: Actor
    first: Actor
    second: Actor
    papers: list[str] = field(default_factory=lambda: PAPERS)

    def form(self, **values: Any) -> NewApplicationForm:
        """What the firm asks for."""
        said = {"programme_id": self.programme.id, "organisation_id": self.firm.id, "amount_fen": WANTED}
        return NewApplicationForm(**{**said, "statement": "测试新材料的显微结构", **values})

    def drafted(self, actor: Actor | None = None, **values: Any) -> VoucherApplication:
        """A draft without papers."""
        return service.start_application(self.session, self.form(**values), actor=actor or self.agent, now=self.now)

    def handed_in(self, application: VoucherApplication, *documents: ProgrammeDocument) -> VoucherApplication:
        """With these papers, or all that are needed and not there."""
        needed = documents or service.needed_papers(self.session, application, now=self.now)
        for document in needed:
            service.hand_in_paper(
                self.session, application.id, document, a_file(), LIMITS, actor=self.agent, now=self.now
            )
        return application

    def submitted(self, application: VoucherApplication | None = None, **values: Any) -> VoucherApplication:
        """Waiting for the first review."""
        found = application or self.handed_in(self.drafted(**values))
        return steps.submit_application(self.session, found.id, actor=self.agent, now=self.now)

    def days(self, **values: int) -> dict[ProgrammeDocument, Any]:
        """Until when papers hold: a year unless said otherwise, in days from today."""
        lasting = {"business_licence": 365, "enterprise_kind": 365} | values
        return {ProgrammeDocument(one): self.today + timedelta(days=n) for one, n in lasting.items()}

    @property
    def today(self) -> date:
        """Today for the services as for the pages, which have the clock of the machine."""
        return local_date(max(self.now, utcnow()))

    def passed(
        self, application: VoucherApplication | None = None, *, actor: Actor | None = None
    ) -> VoucherApplication:
        """Waiting for the second review, its papers verified."""
        found = application or self.submitted()
        form = PassApplicationForm(version=found.version, expires_on=self.days())
        return steps.pass_on(self.session, found.id, form, actor=actor or self.first, now=self.now)

    def returned(self, application: VoucherApplication, *, actor: Actor | None = None) -> VoucherApplication:
        """Sent back to the firm."""
        form = ReturnApplicationForm(version=application.version, lacking=["business_licence"], reason="执照不清楚")
        return steps.return_application(self.session, application.id, form, actor=actor or self.first, now=self.now)

    def refused(self, application: VoucherApplication | None = None) -> VoucherApplication:
        """Refused at the first review."""
        found = application or self.submitted()
        form = RefuseApplicationForm(version=found.version, reason="与研发无关")
        return steps.refuse_application(self.session, found.id, form, actor=self.first, now=self.now)

    def issued(
        self, application: VoucherApplication | None = None, *, actor: Actor | None = None, **values: Any
    ) -> VoucherApplication:
        """With its voucher."""
        found = application or self.passed()
        form = IssueVoucherForm(version=found.version, **values)
        return steps.issue_voucher(self.session, found.id, form, actor=actor or self.second, now=self.now)


def make_agent(session: Session, firm: Organisation, name: str, *, now: datetime) -> Actor:
    """Somebody who acts for a firm, committed."""
    user = make_user(session, name)
    give(session, user, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, firm.id)
    return actor_for(session, user, now=now)


def make_office(session: Session, now: datetime, **terms: Any) -> Office:
    """The authority of Chongqing, that of the firm's district, and a firm in Beibei, committed."""
    authority = make_authority(session, CHONGQING, name_zh="示例市科技局", name_en="City authority")
    district = make_authority(session, BEIBEI, name_zh="示例区科技局", name_en="District authority")
    second = make_officer(session, authority, "second", now=now)
    first = make_officer(session, district, "first", now=now)
    last = date(max(now, utcnow()).year + 1, 12, 31)
    days = {"use_by": last, "redeem_by": date(last.year + 1, 3, 31)}
    said = {"documents": PAPERS, "reserves_budget": "issue", "budget_fen": 100_000_000, **days, **terms}
    programme = make_programme(session, authority, second, now=now, **said)
    firm = make_organisation(
        session,
        name_zh="北碚示例公司",
        name_en="Beibei Example Ltd",
        kind=OrganisationKind.ENTERPRISE,
        uscc=CODES[0],
        adcode=BEIBEI,
    )
    agent = make_agent(session, firm, "agent", now=now)
    return Office(session, now, authority, district, programme, firm, agent, first, second)


def user_of(session: Session, actor: Actor) -> User:
    """The account of somebody."""
    return session.get_one(User, actor.id)
