"""What somebody asks for, as values; forms make them and services take them."""

from dataclasses import dataclass, field

from booking.contracts.needs import Agreement
from booking.core.period import Period
from booking.pricing.quoting import Quoted
from booking.reservations.payment import Payment
from booking.reservations.reasons import Refusal
from booking.reservations.vouching import Vouching
from models.vocabulary.reservations import Direction, ReservationMode


@dataclass(frozen=True, slots=True)
class Named:
    """A person named in a reservation."""

    name: str
    email: str = ""


@dataclass(frozen=True, slots=True)
class Details:
    """What a reservation says besides its time."""

    purpose: str = ""
    direction: Direction | None = None
    project_name: str = ""
    project_number: str = ""
    sample_count: int | None = None
    operator: Named | None = None
    participants: tuple[Named, ...] = ()


@dataclass(frozen=True, slots=True)
class Paying:
    """How somebody wants to pay: by the named account, later (without one), or as usual, and with which vouchers.

    As usual is what pays already, else the account that was used last, or the only one.
    """

    account_id: int | None = None
    is_later: bool = False
    vouching: Vouching | None = None

    @property
    def keeps(self) -> bool:
        """Whether nothing is said of the account, so that what pays already goes on paying."""
        return self.account_id is None and not self.is_later

    @property
    def says_nothing(self) -> bool:
        """Whether nothing is said of vouchers either."""
        return self.keeps and self.vouching is None


AS_USUAL = Paying()
ANY_FORM = -1
"""Stands for the order form that a page shows beside the wish, to be accepted with it."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A reservation that somebody would like to have.

    `override_reason` sets rules aside for those who decide about bookings there; with `on_behalf_of`, the
    address of a confirmed account, they book for that person, who then is the holder. `order_form` is the version of
    the owner's text that was accepted; ANY_FORM asks what would be with the one that holds.
    """

    instrument_id: int
    period: Period
    mode: ReservationMode | None = None
    details: Details = field(default_factory=Details)
    override_reason: str = ""
    on_behalf_of: str = ""
    paying: Paying = AS_USUAL
    order_form: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What would come of a wish: every refusal, or none; `claimed` includes set-up and clean-up.

    `price` is what it would cost, where the instrument has a price for the person, `payment` which of their accounts
    would pay, `agreement` what the owner asks of an outside use.
    """

    refusals: list[Refusal]
    period: Period
    claimed: Period
    mode: ReservationMode
    needs_approval: bool
    price: Quoted | None = None
    payment: Payment | None = None
    agreement: Agreement | None = None

    @property
    def allowed(self) -> bool:
        """Whether it would be accepted now."""
        return not self.refusals
