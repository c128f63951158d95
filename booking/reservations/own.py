"""What the page of one's own reservations asks and offers."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

from pydantic import Field
from sqlalchemy import Row, or_, select
from sqlalchemy.orm import Session

from booking.core.clock import at_local
from booking.core.forms import Blank, OptionalDay, PageForm
from booking.reservations.queries import Filter, When
from models.catalogue import Instrument
from models.reservations import Reservation, ReservationPerson
from models.vocabulary.reservations import ReservationState


class MineForm(PageForm):
    """The filter in the address of the page; days are local and inclusive."""

    past: bool = False
    state: Annotated[ReservationState | None, Blank] = None
    instrument: Annotated[Annotated[int, Field(ge=1, lt=2**31)] | None, Blank] = None
    since: OptionalDay = None
    until: OptionalDay = None
    cursor: str | None = None

    @property
    def narrows(self) -> bool:
        """Whether anything but the tab was chosen."""
        return any((self.state, self.instrument, self.since, self.until))

    def filter(self) -> Filter:
        """The same as the query takes it."""
        return Filter(
            when=When.PAST if self.past else When.UPCOMING,
            states=frozenset({self.state} if self.state else ()),
            instrument_id=self.instrument,
            ends_after=at_local(self.since) if self.since else None,
            starts_before=at_local(self.until + timedelta(days=1)) if self.until else None,
        )


def booked_instruments(session: Session, user_id: int) -> Sequence[Row[int, str, str]]:
    """Id and names of the instruments in somebody's reservations, by name."""
    linked = select(ReservationPerson.reservation_id).where(ReservationPerson.user_id == user_id)
    theirs = select(Reservation.instrument_id).where(
        or_(Reservation.booked_by_id == user_id, Reservation.id.in_(linked))
    )
    names = select(Instrument.id, Instrument.name_zh, Instrument.name_en).where(Instrument.id.in_(theirs))
    return session.execute(names.order_by(Instrument.name_zh, Instrument.id)).all()
