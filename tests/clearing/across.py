"""Two provinces whose firms use vouchers on both sides: captures and payments as they are posted to the pairs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.clearing import service
from booking.clearing.rules import Border
from booking.clearing.verifying import faults
from booking.core.actors import Actor
from booking.ledger.rules import Move
from booking.ledger.service import open_accounts, post_entry
from booking.ledger.verifying import faults as ledger_faults
from booking.vouchers.opening import pairs_of
from models.catalogue import Instrument
from models.charges import Charge, ChargeLine
from models.directory import Organisation
from models.ledger import LedgerEntry
from models.programmes import Programme, ProgrammeVersion
from models.redemptions import Redemption, RedemptionItem, RedemptionPayment
from models.reservations import Reservation
from models.vocabulary.charges import ChargeKind, ChargeState
from models.vocabulary.pricing import LineKind
from models.vocabulary.programmes import BorderWay
from models.vocabulary.redemptions import PaymentKind, RedemptionState
from models.vocabulary.reservations import ReservationMode, ReservationState
from models.vocabulary.vouchers import CaptureKind, VoucherState
from models.vouchers import ProvincePair, Voucher, VoucherCap, VoucherCapture
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.people import make_user
from tests.factories.programmes import CHONGQING, SICHUAN, make_authority, make_officer, make_programme

BORDER = Border("50", "51")
OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
SIDES = ("credit", "held", "captured", "paid")
FEE = 123_400
"""What every use costs."""
PLACES = {"50": "500109", "51": "510704"}


@dataclass
class Use:
    """What a voucher has covered of a charge."""

    voucher: Voucher
    charge: Charge
    capture: VoucherCapture
    pair: ProvincePair
    way: BorderWay
    items: list[RedemptionItem] = field(default_factory=list)


class Across:
    """Authorities with officers, a provider on either side, and a voucher of each programme."""

    def __init__(
        self,
        session: Session,
        now: datetime,
        *,
        authorities: dict[str, Organisation] | None = None,
        officers: dict[str, Actor] | None = None,
    ) -> None:
        self.session, self.now, self.numbers = session, now, count(1)
        self.authorities = authorities or {
            "50": make_authority(session, CHONGQING, name_zh="重庆市科学技术局", name_en="Chongqing authority"),
            "51": make_authority(session, SICHUAN, name_zh="四川省科学技术厅", name_en="Sichuan authority"),
        }
        self.cq, self.sc = self.authorities["50"], self.authorities["51"]
        self.officers = officers or {"50": self.officer("zheng", self.cq), "51": self.officer("tang", self.sc)}
        self.labs = {code: self._lab(code) for code in PLACES}
        self.vouchers: dict[tuple[str, BorderWay], Voucher] = {}

    def officer(self, name: str, authority: Organisation) -> Actor:
        return make_officer(self.session, authority, name, now=self.now)

    def captured(
        self, issuer: str, provider: str, fen: int, at: datetime, way: BorderWay = BorderWay.ADVANCE_THEN_NET
    ) -> Use:
        """A use that was confirmed: the charge, the capture, and its entry."""
        voucher, pair = self.voucher(issuer, way), self._pair(issuer, provider)
        charge = self._charge(*self.labs[provider])
        capture = self._moved(voucher, charge, pair, fen, CaptureKind.USE, at)
        return Use(voucher, charge, capture, pair, way)

    def given_back(self, use: Use, fen: int, at: datetime) -> None:
        """The charge was made less."""
        self._moved(use.voucher, use.charge, use.pair, -fen, CaptureKind.USE, at)

    def paid(self, parts: Sequence[tuple[Use, int, int]], at: datetime) -> Redemption:
        """A redemption of uses, each with what was claimed and what of it was approved; the rest goes back."""
        first, claimed = parts[0][0], sum(part[1] for part in parts)
        approved, number = sum(part[2] for part in parts), next(self.numbers)
        redemption = Redemption(
            programme_id=first.voucher.programme_id,
            number=number,
            programme_version_id=first.voucher.programme_version_id,
            claimant_id=first.voucher.organisation_id,
            redeemed_by="enterprise",
            state=RedemptionState.PAID,
            claimed_fen=claimed,
            approved_fen=approved,
            notice_from=at.date(),
            notice_until=at.date(),
            requested_by_id=self.officers["50"].id,
            created_at=at,
            changed_at=at,
        )
        self.session.add(redemption)
        self.session.flush()
        moves: list[Move] = []
        for use, asked, granted in parts:
            self._item(redemption, use, asked, granted)
            moves += self._payment(use, granted) if granted else []
        entry = self._posted(f"paid:{number}", moves, at)
        self._payment_row(redemption, None, PaymentKind.PAID, approved, entry, at)
        for use, asked, granted in parts:
            if asked > granted:
                self._moved(use.voucher, use.charge, use.pair, granted - asked, CaptureKind.REJECTED, at)
        return redemption

    def clawed_back(self, use: Use, fen: int, at: datetime) -> None:
        """A part of what was paid came back, and returns to where it came from by the same entry."""
        item = use.items[-1]
        redemption = self.session.get_one(Redemption, item.redemption_id)
        back = [move.back for move in self._payment(use, fen)]
        gone = [*back, Move(use.pair.captured_id, use.pair.source_id, fen)]
        entry = self._posted(f"clawed:{next(self.numbers)}", gone, at)
        self._capture(use.voucher, use.charge, use.pair, -fen, CaptureKind.REJECTED, entry, at)
        item.clawed_fen += fen
        redemption.clawed_fen += fen
        self._payment_row(redemption, item.id, PaymentKind.CLAWED_BACK, fen, entry, at)

    def close(self, by: str, month: date, *, actor: Actor | None = None) -> Any:
        """Close a month for a province."""
        return self.do(service.close_month, month, by=by, actor=actor)

    def do(self, step: Any, month: date, *given: Any, by: str = "50", actor: Actor | None = None) -> Any:
        """Take a step as an officer, and commit it."""
        done = step(self.session, BORDER, month, *given, actor=actor or self.officers[by], now=self.now)
        self.session.commit()
        return done

    def captured_without_moving(self, use: Use, fen: int, at: datetime) -> None:
        """A capture whose entry has moved nothing of the pair."""
        moves = [Move(use.voucher.credit_id, use.voucher.held_id, fen)]
        entry = self._posted(f"stray:{next(self.numbers)}", moves, at)
        self._capture(use.voucher, use.charge, use.pair, fen, CaptureKind.USE, entry, at)

    def faults(self) -> list[str]:
        """What is off in the ledger and in clearing."""
        return [*ledger_faults(self.session), *faults(self.session)]

    def voucher(self, issuer: str, way: BorderWay) -> Voucher:
        """The voucher of an authority's programme that settles in this way."""
        if (issuer, way) not in self.vouchers:
            self.vouchers[issuer, way] = self._issued(issuer, way)
        return self.vouchers[issuer, way]

    def _issued(self, issuer: str, way: BorderWay) -> Voucher:
        authority, officer = (self.cq if issuer == "50" else self.sc), self.officers[issuer]
        more = {"border_way": way.value, "name_zh": f"创新券 {way}"}
        programme: Programme = make_programme(self.session, authority, officer, now=self.now, **more)
        version = self.session.scalars(
            select(ProgrammeVersion).where(ProgrammeVersion.programme_id == programme.id)
        ).one()
        firm = make_organisation(self.session, kind="enterprise", adcode=PLACES[issuer])
        name = f"{issuer}:{way}"
        ids = open_accounts(self.session, {f"{name}:{side}": None for side in (*SIDES, "left", "used")}, now=self.now)
        both = {"organisation_id": firm.id, "programme_id": programme.id, "created_at": self.now}
        day = self.now.date()
        voucher = Voucher(
            **both,
            number=f"V{issuer}-{way}",
            sequence=1,
            programme_version_id=version.id,
            face_fen=10**9,
            issued_on=day,
            use_by=day,
            redeem_by=day,
            state=VoucherState.ISSUED,
            **{f"{side}_id": ids[f"{name}:{side}"] for side in SIDES},
        )
        cap = VoucherCap(**both, year=2026, cap_fen=10**9, left_id=ids[f"{name}:left"], used_id=ids[f"{name}:used"])
        self.session.add_all([voucher, cap])
        self.session.flush()
        return voucher

    def _lab(self, code: str) -> tuple[Organisation, Instrument, int]:
        place = make_organisation(self.session, adcode=PLACES[code], name_zh=f"检测院{code}", name_en=f"Lab {code}")
        return place, make_instrument(self.session, place), make_user(self.session, f"user{code}").id

    def _charge(self, place: Organisation, instrument: Instrument, user_id: int) -> Charge:
        number, hour = next(self.numbers), timedelta(hours=1)
        starts_at = datetime(2025, 1, 1, tzinfo=UTC) + number * hour
        reservation = Reservation(
            instrument_id=instrument.id,
            booked_by_id=user_id,
            starts_at=starts_at,
            ends_at=starts_at + hour,
            state=ReservationState.COMPLETED,
            uid=f"clearing-{number}@example.org",
            mode=ReservationMode.SELF,
            created_at=self.now,
            updated_at=self.now,
        )
        self.session.add(reservation)
        self.session.flush()
        charge = Charge(
            reservation_id=reservation.id,
            organisation_id=place.id,
            instrument_id=instrument.id,
            user_id=user_id,
            kind=ChargeKind.USE,
            state=ChargeState.ACCEPTED,
            booked_starts_at=starts_at,
            booked_ends_at=starts_at + hour,
            created_at=self.now,
            updated_at=self.now,
        )
        self.session.add(charge)
        self.session.flush()
        said = {"charge_id": charge.id, "unit_fen": 0, "created_at": self.now}
        self.session.add(ChargeLine(kind=LineKind.TIME, amount_fen=FEE, **said))
        self.session.add(ChargeLine(kind=LineKind.VOUCHER, amount_fen=-1, **said))
        return charge

    def _pair(self, issuer: str, provider: str) -> ProvincePair:
        found: ProvincePair = pairs_of(self.session, [(issuer, provider)], now=self.now)[issuer, provider]
        return found

    def _moved(  # noqa: PLR0917 - what is taken of which voucher for what
        self, voucher: Voucher, charge: Charge, pair: ProvincePair, fen: int, kind: CaptureKind, at: datetime
    ) -> VoucherCapture:
        move = Move(pair.source_id, pair.captured_id, abs(fen))
        entry = self._posted(f"capture:{next(self.numbers)}", [move if fen > 0 else move.back], at)
        return self._capture(voucher, charge, pair, fen, kind, entry, at)

    def _capture(  # noqa: PLR0917 - what is taken of which voucher for what
        self,
        voucher: Voucher,
        charge: Charge,
        pair: ProvincePair,
        fen: int,
        kind: CaptureKind,
        entry: LedgerEntry,
        at: datetime,
    ) -> VoucherCapture:
        cap = select(VoucherCap).where(VoucherCap.organisation_id == voucher.organisation_id)
        made = VoucherCapture(
            entry_id=entry.id,
            voucher_id=voucher.id,
            cap_id=self.session.scalars(cap).one().id,
            charge_id=charge.id,
            kind=kind,
            amount_fen=fen,
            counts_on=at.date(),
            issuer_province=pair.issuer,
            provider_province=pair.provider,
            programme_version_id=voucher.programme_version_id,
            created_at=at,
        )
        self.session.add(made)
        self.session.flush()
        return made

    def _payment(self, use: Use, fen: int) -> list[Move]:
        moves = [Move(use.pair.captured_id, use.pair.paid_id, fen)]
        if use.way == BorderWay.ADVANCE_THEN_NET and use.pair.issuer != use.pair.provider:
            moves.append(Move(use.pair.source_id, use.pair.owed_id, fen))
        return moves

    def _item(self, redemption: Redemption, use: Use, asked: int, granted: int) -> None:
        item = RedemptionItem(
            redemption_id=redemption.id,
            voucher_id=use.voucher.id,
            charge_id=use.charge.id,
            programme_version_id=use.voucher.programme_version_id,
            claimed_fen=asked,
            approved_fen=granted,
            used_on=self.now.date(),
            issuer_province=use.pair.issuer,
            provider_province=use.pair.provider,
        )
        self.session.add(item)
        self.session.flush()
        use.items.append(item)

    def _payment_row(  # noqa: PLR0917 - what a payment is made of
        self,
        redemption: Redemption,
        item_id: int | None,
        kind: PaymentKind,
        fen: int,
        entry: LedgerEntry,
        at: datetime,
    ) -> None:
        self.session.add(
            RedemptionPayment(
                redemption_id=redemption.id,
                item_id=item_id,
                kind=kind,
                amount_fen=fen,
                paid_on=at.date(),
                receipt_number="B1",
                entry_id=entry.id,
                made_by_id=self.officers["50"].id,
                created_at=at,
            )
        )
        self.session.flush()

    def _posted(self, key: str, moves: list[Move], at: datetime) -> LedgerEntry:
        return post_entry(self.session, key, "test", moves, now=at)


def on(month: int, day: int, hour: int = 12) -> datetime:
    """An hour of a day of 2026 in Shanghai."""
    return datetime(2026, month, day, hour, tzinfo=UTC) - timedelta(hours=8)


def rows_in(session: Session, table: Any) -> int:
    """How many rows there are."""
    return session.scalar(select(func.count()).select_from(table)) or 0


def october(across: Across) -> None:
    """Both directions, both ways, approval below the claim, and a claw-back.

    Chongqing's vouchers in Sichuan, advanced: 600.00 and 333.33 used, 33.33 of the first given back; 566.67 and
    300.00 of 333.33 paid: 866.67 owed; then 66.67 clawed back: 800.00 owed. Paid by Chongqing itself: 120.01 of 150.00.
    Sichuan's in Chongqing, advanced: 450.50 used, all of it paid: 450.50 owed. Net: Chongqing pays 349.50.
    """
    one = across.captured("50", "51", 60_000, on(10, 1, 0))
    other = across.captured("50", "51", 33_333, on(10, 3))
    across.given_back(one, 3_333, on(10, 4))
    across.paid([(one, 56_667, 56_667), (other, 33_333, 30_000)], on(10, 20))
    across.clawed_back(one, 6_667, on(10, 28))
    home = across.captured("50", "51", 15_000, on(10, 5), BorderWay.HOME_PAYS)
    across.paid([(home, 15_000, 12_001)], on(10, 21))
    theirs = across.captured("51", "50", 45_050, on(10, 31, 23))
    across.paid([(theirs, 45_050, 45_050)], on(10, 31, 23) + timedelta(minutes=59))
    across.captured("50", "50", 77, on(10, 6))
    across.captured("50", "51", 4_444, on(11, 1, 0))
    across.session.commit()
