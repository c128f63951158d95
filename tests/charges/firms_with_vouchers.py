"""A firm with vouchers of its authority, beside a house in which uses are charged."""

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from booking.core.clock import local_date
from booking.payers.holds import Purpose, for_reservation
from booking.recognitions.forms import RecognitionForm
from booking.recognitions.service import recognise
from booking.vouchers import covering, holding, issuing, wishing
from booking.vouchers.covering import Ask
from booking.vouchers.plans import Wish
from models.directory import Organisation
from models.ledger import LedgerAccount
from models.reservations import Reservation
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.directory import OrganisationKind
from models.vocabulary.programmes import ServiceType
from models.vouchers import Voucher
from tests.factories.instruments import make_organisation
from tests.factories.people import actor_for, give, make_user
from tests.factories.programmes import CHONGQING, make_authority, make_officer, make_programme
from tests.factories.vouchers import make_registered

SHARE = 3_000
TERMS: dict[str, Any] = {
    "shares": {"instrument_sharing": SHARE, "testing": SHARE},
    "redeemed_by": "provider",
    "reserves_budget": "hold",
    "exclusions": [],
}


class Vouchered:
    """An enterprise of Chongqing with an agent, whose authority accepts a provider and issues vouchers."""

    def __init__(self, session: Session, now: datetime, provider: Organisation, mark: str = "", **terms: Any) -> None:
        self.session, self.now, self.provider = session, now, provider
        authority = make_authority(session, CHONGQING)
        self.officer = make_officer(session, authority, f"officer{mark}", now=now)
        self.programme = make_programme(session, authority, self.officer, now=now, **{**TERMS, **terms})
        self.firm = make_organisation(
            session, name_zh=f"北碚精工{mark}", kind=OrganisationKind.ENTERPRISE, adcode=CHONGQING
        )
        self.agent = make_user(session, f"agent{mark}")
        give(session, self.agent, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, self.firm.id)
        accepts = RecognitionForm(
            organisation_id=authority.id,
            kind="provider",
            provider_id=provider.id,
            starts_on=date(2026, 1, 1),
            notice="互认",
        )
        recognise(session, accepts, actor=self.officer, now=now)
        session.commit()

    def voucher(self, face_fen: int) -> Voucher:
        """One more, issued; registered where those of the programme live elsewhere."""
        if self.programme.runs_at:
            agent = actor_for(self.session, self.agent, now=self.now)
            return make_registered(
                self.session, self.firm, face_fen, agent=agent, programme=self.programme, now=self.now
            )
        wanted = issuing.Issue(self.programme.id, self.firm.id, face_fen)
        made = issuing.issue(self.session, wanted, actor=self.officer, now=self.now)
        self.session.commit()
        return made

    def hold(
        self,
        purpose: Purpose,
        fee_fen: int,
        used_on: date,
        service: ServiceType = ServiceType.INSTRUMENT_SHARING,
        now: datetime | None = None,
    ) -> int:
        """Let the firm's vouchers hold what they cover of a fee; how much that is."""
        wish = Wish(self.firm.id, service)
        agent = actor_for(self.session, self.agent, now=self.now)
        wishing.store_wish(self.session, purpose, wish, actor=agent, now=now or self.now)
        ask = Ask(wish, purpose, self.provider.id, fee_fen, used_on)
        found = covering.plan(self.session, ask, today=local_date(now or self.now))
        holding.hold(self.session, purpose, found, now=now or self.now)
        self.session.commit()
        return found.covered_fen

    def hold_for(self, reservation: Reservation, fee_fen: int) -> int:
        """The same for a booking, on its day."""
        self.session.get_one(Reservation, reservation.id).uses_vouchers = True
        return self.hold(for_reservation(reservation.id), fee_fen, local_date(reservation.starts_at))

    def balances(self, voucher: Voucher) -> tuple[int, int, int]:
        """What of a voucher is free, held, and captured."""
        self.session.expire_all()
        found = self.session.get_one(Voucher, voucher.id)
        accounts = (found.credit_id, found.held_id, found.captured_id)
        free, held, captured = (self.session.get_one(LedgerAccount, one).balance_fen for one in accounts)
        return free, held, captured
