"""Who is told of a use that nobody confirmed: the level that is next, and never only those who pay it."""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from booking.catalogue.stewards import Named, named_stewards
from booking.core.clock import local_date
from booking.database.bulk import among
from booking.directory.queries import stewards_of_unit
from booking.reservations.deciders import deciders_of
from models.accounts import Grant, User
from models.base import Base
from models.catalogue import Instrument
from models.payers import PayerAccount
from models.pricing import ReservationQuote
from models.reservations import Reservation
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.custody import StewardRank

LEVELS = (1, 2, 3)
_reservations = Base.metadata.tables["reservations"]


class UsePeople:
    """Whom a level tells: the primary steward; the deputy and the unit's stewards; the administrators.

    Where a level has nobody, those who decide about bookings there. Whoever looks after an instrument, a unit or an
    institution is read once, however many uses wait.
    """

    def __init__(self, session: Session, now: datetime) -> None:
        """Nobody has been read yet."""
        self.session, self.now, self.today = session, now, local_date(now)
        self.named: dict[int, Named] = {}
        self.read: dict[tuple[str, int], Sequence[User]] = {}

    def next_for(self, instrument: Instrument, level: int, payers: Collection[int] = ()) -> list[User]:
        """The people of a level; where all of them pay the use themselves, the nearest others who can confirm it."""
        for people in self._in_turn(instrument, level):
            if found := [one for one in people if one.id not in payers]:
                return found
        return []

    def _in_turn(self, instrument: Instrument, level: int) -> Iterator[Sequence[User]]:
        """The level, those who decide there, and then the levels after it."""
        yield self._at(instrument, level)
        yield self._once("decides", instrument.id, lambda: deciders_of(self.session, instrument, now=self.now).people)
        for further in LEVELS[level:]:
            yield self._at(instrument, further)

    def _at(self, instrument: Instrument, level: int) -> Sequence[User]:
        """The people of a level; the administrators where a unit has no steward and the instrument no deputy."""
        if level == LEVELS[-1]:
            return self._admins(instrument)
        if level == 1:
            return self._ranked(instrument, StewardRank.PRIMARY)
        people = [*self._ranked(instrument, StewardRank.DEPUTY), *self._of_unit(instrument)]
        return list({one.id: one for one in people}.values()) or self._admins(instrument)

    def _ranked(self, instrument: Instrument, rank: StewardRank) -> list[User]:
        """The named steward of a rank, if there is one."""
        if instrument.id not in self.named:
            self.named[instrument.id] = named_stewards(self.session, instrument, today=self.today)
        found = self.named[instrument.id].get(rank)
        return [found] if found else []

    def _of_unit(self, instrument: Instrument) -> Sequence[User]:
        """The stewards of the instrument's unit."""
        unit_id = instrument.unit_id
        if unit_id is None:
            return ()
        return self._once("unit", unit_id, lambda: stewards_of_unit(self.session, unit_id, self.today))

    def _admins(self, instrument: Instrument) -> Sequence[User]:
        """The administrators of the institution, in order of id."""
        owner_id = instrument.organisation_id
        held = and_(
            Grant.role == Role.INSTITUTION_ADMIN,
            Grant.scope_kind == ScopeKind.ORGANISATION,
            Grant.scope_id == owner_id,
            Grant.starts_on <= self.today,
            or_(Grant.ends_on.is_(None), Grant.ends_on >= self.today),
        )
        rows = select(User).where(User.id.in_(select(Grant.user_id).where(held)), User.deactivated_at.is_(None))
        return self._once("admins", owner_id, lambda: self.session.scalars(rows.order_by(User.id)).all())

    def _once(self, kind: str, key: int, read: Callable[[], Sequence[User]]) -> Sequence[User]:
        """What is known already, else what is read."""
        if (kind, key) not in self.read:
            self.read[kind, key] = read()
        return self.read[kind, key]


def payers_of(session: Session, reservation_ids: Collection[int]) -> dict[int, frozenset[int]]:
    """Who booked or answers for what pays each of these reservations that cost something."""
    rows = session.execute(
        select(Reservation.id, Reservation.booked_by_id, PayerAccount.holder_id)
        .join(
            ReservationQuote,
            and_(
                ReservationQuote.reservation_id == Reservation.id,
                ReservationQuote.starts_at == Reservation.starts_at,
                ReservationQuote.ends_at == Reservation.ends_at,
            ),
        )
        .outerjoin(PayerAccount, PayerAccount.id == Reservation.payer_account_id)
        .where(among(session, _reservations.c.id, reservation_ids))
    )
    return {row.id: frozenset({row.booked_by_id, row.holder_id or row.booked_by_id}) for row in rows}
