"""What shall pay for a use of an enterprise's vouchers, and what each covers of it, as values."""

from dataclasses import dataclass, field
from datetime import date

from booking.programmes.rules import Covered, Excluded, each_once
from booking.vouchers.known import Read
from models.vocabulary.programmes import Limit, RedeemedBy, ServiceType
from models.vocabulary.vouchers import VoucherState


@dataclass(frozen=True, slots=True)
class Wish:
    """Which vouchers of an enterprise shall pay for a use, and what is declared about it.

    Without a voucher all that are usable, the one that ends first first; not `is_used`: none any more.
    """

    organisation_id: int
    service_type: ServiceType
    voucher_id: int | None = None
    is_used: bool = True
    is_statutory: bool = False
    is_related: bool = False
    is_funded: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """What one voucher covers of a fee. `unusable` says how it stands when it is not issued (None: usable).

    `invoice_by` is the last day of which the invoice may be, where that is what counts (None: the service does).
    `share` is the highest of the fee for this type of service, in basis points; nothing where it is not paid for.
    """

    voucher_id: int
    number: str
    programme_id: int
    version_id: int
    use_by: date
    redeem_by: date
    redeemed_by: RedeemedBy
    cap_id: int | None
    covered: Covered
    unusable: VoucherState | None = None
    invoice_by: date | None = None
    service_type: ServiceType = ServiceType.INSTRUMENT_SHARING
    share: int = 0

    @property
    def amount_fen(self) -> int:
        """What it covers."""
        return self.covered.covered_fen


@dataclass(frozen=True, slots=True)
class Plan:
    """What the vouchers cover of a fee, in the order in which they are used; all that were asked, also for nothing.

    Without any part the enterprise has no voucher that could be asked. `read` is what it was made from.
    """

    fee_fen: int
    parts: tuple[Part, ...] = ()
    read: Read | None = field(default=None, compare=False, repr=False)

    @property
    def paying(self) -> tuple[Part, ...]:
        """The parts that cover something."""
        return tuple(one for one in self.parts if one.amount_fen)

    @property
    def last_day(self) -> date | None:
        """Until when all that pay something can be used; None where none does."""
        return min((one.use_by for one in self.paying), default=None)

    @property
    def covered_fen(self) -> int:
        """What all of them cover."""
        return sum(one.amount_fen for one in self.parts)

    @property
    def deducted_fen(self) -> int:
        """What the bill is lower by: the vouchers that the provider redeems."""
        return sum(one.amount_fen for one in self.parts if one.redeemed_by == RedeemedBy.PROVIDER)

    @property
    def expected_fen(self) -> int:
        """What the enterprise pays first and may claim back later."""
        return sum(one.amount_fen for one in self.parts if one.redeemed_by == RedeemedBy.ENTERPRISE)

    @property
    def own_fen(self) -> int:
        """What the enterprise pays the provider: the fee without what is deducted."""
        return self.fee_fen - self.deducted_fen

    @property
    def limits(self) -> tuple[Limit, ...]:
        """The limits that decided, each once."""
        return tuple(dict.fromkeys(limit for one in self.parts for limit in one.covered.decided_by))

    @property
    def reasons(self) -> tuple[Excluded, ...]:
        """Every reason why a voucher covers nothing, each once."""
        return each_once(reason for one in self.parts for reason in one.covered.excluded)


def nothing(fee_fen: int) -> Plan:
    """No voucher at all: what a purpose without a wish has."""
    return Plan(fee_fen)
