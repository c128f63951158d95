"""An institution that requires order forms and contracts of outside users, with people of every side."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.contracts import grounds, requirements
from booking.contracts.forms import RequirementForm
from booking.core.actors import Actor
from booking.core.clock import at_local, local_date
from booking.core.period import Period
from booking.reservations.handing_over import hand_over_bookings
from booking.reservations.service import request_reservation
from booking.reservations.wishes import Wish
from models.catalogue import Instrument
from models.contracts import UseAgreement
from models.reservations import Reservation
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.affiliations import Audience
from tests.factories.affiliations import affiliate
from tests.factories.contracts import Deals, make_firm
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.people import actor_for, give, make_user
from tests.factories.prices import make_hourly_price

HOURLY = 20_000
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Place:
    """An institution that requires order forms, and contracts from four hours on, with people of every side."""

    session: Session
    instrument: Instrument
    deals: Deals
    steward: Actor
    admin: Actor
    outsider: Actor
    member: Actor
    now: datetime

    @property
    def text_id(self) -> int:
        """The version that holds."""
        return grounds.text_id_now(self.session, self.deals.place.id)

    def at(self, hours: int, *, day: int = 2) -> Period:
        """So many hours in the morning of a coming day."""
        start = at_local(local_date(self.now) + timedelta(days=day), 480)
        return Period(start, start + hours * HOUR)

    def wish(self, hours: int, order_form: int | None = None, *, day: int = 2, **more: object) -> Wish:
        """A wish for so many hours."""
        return Wish(self.instrument.id, self.at(hours, day=day), order_form=order_form, **more)  # type: ignore[arg-type]

    def booked(
        self, hours: int, order_form: int | None = None, actor: Actor | None = None, *, day: int = 2
    ) -> Reservation:
        """A reservation of the outsider."""
        who = actor or self.outsider
        return request_reservation(self.session, self.wish(hours, order_form, day=day), actor=who, now=self.now)

    def handed_over(self, made: Reservation, email: str, *, now: datetime | None = None) -> Reservation:
        """The reservation given to somebody else by the institution."""
        holder = select(Reservation.booked_by_id).where(Reservation.id == made.id)
        ids = (self.deals.place.id, self.session.scalars(holder).one(), [made.id])
        at = now or self.now
        hand_over_bookings(self.session, *ids, email, reason="离职", actor=self.admin, now=at)
        return made

    def ground(self, reservation: Reservation) -> UseAgreement:
        """What it rests on."""
        found = grounds.last_of(self.session, reservation_id=reservation.id)
        assert found is not None
        return found


def make_place(session: Session, now: datetime) -> Place:
    """The institution with its people and its prices, committed."""
    house, firm = make_organisation(session), make_firm(session)
    instrument = make_instrument(session, house, policy={"closes_on_holidays": False})
    names = ("finance", "agent", "steward", "admin", "outsider", "member")
    people = {name: make_user(session, name) for name in names}
    give(session, people["finance"], Role.INSTITUTION_FINANCE, ScopeKind.ORGANISATION, house.id)
    give(session, people["agent"], Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, firm.id)
    give(session, people["steward"], Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    give(session, people["admin"], Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, house.id)
    affiliate(session, people["member"], house)
    affiliate(session, people["outsider"], firm)
    for audience in (Audience.MEMBERS, Audience.ACADEMICS, Audience.FIRMS, Audience.OTHERS):
        make_hourly_price(session, instrument, HOURLY, people["finance"], audience=audience)
    who = {name: actor_for(session, user, now=now) for name, user in people.items()}
    deals = Deals(session, house, firm, who["finance"], who["agent"], now)
    form = RequirementForm(requires=True, threshold_fen=4 * HOURLY)
    requirements.set_requirement(session, house.id, form, actor=who["finance"], now=now)
    session.commit()
    return Place(session, instrument, deals, who["steward"], who["admin"], who["outsider"], who["member"], now)
