"""Programmes with issued vouchers for tests, and uses that they may pay for."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.attachments.preparing import Uploaded, prepare
from booking.attachments.rules import Limits
from booking.core.actors import Actor
from booking.payers.holds import Purpose, for_reservation
from booking.recognitions.forms import RecognitionForm
from booking.recognitions.service import recognise
from booking.vouchers.forms import RegisterVoucherForm
from booking.vouchers.issuing import Issue, issue
from booking.vouchers.registering import register
from models.catalogue import Instrument
from models.charges import Charge
from models.directory import Organisation
from models.programmes import Programme
from models.reservations import Reservation
from models.vocabulary.charges import ChargeKind, ChargeState
from models.vocabulary.directory import OrganisationKind
from models.vocabulary.programmes import ServiceType
from models.vocabulary.recognitions import RecognitionKind
from models.vocabulary.reservations import ReservationMode, ReservationState
from models.vouchers import Voucher
from tests.factories.instruments import make_organisation
from tests.factories.people import make_user
from tests.factories.pictures import PDF
from tests.factories.programmes import CHONGQING, make_authority, make_officer, make_programme

LIMITS = Limits(photo_bytes=100_000, document_bytes=100_000, quota_bytes=1_000_000, most_files=6)
EVIDENCE = Uploaded("kct.pdf", PDF)
OPENED = datetime(2026, 1, 5, tzinfo=UTC)
_numbers = count(1)


def make_firm(session: Session, adcode: str = CHONGQING, **columns: Any) -> Organisation:
    """An enterprise in Beibei, committed."""
    return make_organisation(session, kind=OrganisationKind.ENTERPRISE, adcode=adcode, **columns)


def make_voucher(
    session: Session,
    firm: Organisation,
    fen: int,
    *,
    providers: Iterable[Organisation] = (),
    programme: Programme | None = None,
    now: datetime = OPENED,
    **said: Any,
) -> Voucher:
    """An issued voucher of so much, of a programme that recognises these providers, committed.

    A new programme of a new authority of the firm's province is `redeemed_by` provider and `reserves_budget` at hold;
    `said` is what else its version says. Providers of another province are accepted for every type of service.
    """
    if programme is None:
        authority = make_authority(session, firm.adcode or CHONGQING)
        officer = make_officer(session, authority, f"officer{next(_numbers)}", now=now)
        ways = {"redeemed_by": "provider", "reserves_budget": "hold"}
        programme = make_programme(session, authority, officer, now=now, **{**ways, **said})
    authority = session.get_one(Organisation, programme.organisation_id)
    accept(session, authority, providers, now=now)
    officer = make_officer(session, authority, f"issuer{next(_numbers)}", now=now)
    made = issue(session, Issue(programme.id, firm.id, fen), actor=officer, now=now)
    session.commit()
    return made


def make_registered(
    session: Session,
    firm: Organisation,
    fen: int,
    *,
    agent: Actor,
    providers: Iterable[Organisation] = (),
    programme: Programme | None = None,
    now: datetime = OPENED,
    **said: Any,
) -> Voucher:
    """A voucher of 科创通 that an agent of the firm registered, committed; its authority recognises the providers."""
    if programme is None:
        programme = make_elsewhere(session, providers, now=now, **said)
    form = RegisterVoucherForm(
        organisation_id=firm.id,
        programme_id=programme.id,
        number_there=f"KCT-{next(_numbers)}",
        face_fen=fen,
        use_by=date(2026, 12, 31),
        redeem_by=date(2027, 3, 31),
    )
    made = register(session, form, prepare([EVIDENCE], LIMITS), LIMITS, actor=agent, now=now)
    session.commit()
    return made


def make_elsewhere(
    session: Session, providers: Iterable[Organisation] = (), *, now: datetime = OPENED, **said: Any
) -> Programme:
    """A programme of an authority of Sichuan whose vouchers live in 科创通, committed."""
    authority = make_authority(session)
    officer = make_officer(session, authority, f"officer{next(_numbers)}", now=now)
    ways = {"redeemed_by": "enterprise", "reserves_budget": "never", "runs_at": "科创通"}
    programme = make_programme(session, authority, officer, now=now, **{**ways, **said})
    accept(session, authority, providers, now=now)
    return programme


def accept(session: Session, authority: Organisation, providers: Iterable[Organisation], *, now: datetime) -> None:
    """Let an authority recognise providers from New Year on, also of another province."""
    officer = make_officer(session, authority, f"recogniser{next(_numbers)}", now=now)
    said = {"organisation_id": authority.id, "starts_on": date(2026, 1, 1), "notice": "互认通知"}
    elsewhere = set()
    for provider in providers:
        form = RecognitionForm(**said, kind=RecognitionKind.PROVIDER, provider_id=provider.id)
        recognise(session, form, actor=officer, now=now)
        if (provider.adcode or "")[:2] != (authority.adcode or "")[:2]:
            elsewhere.add(f"{(provider.adcode or '')[:2]}0000")
    for province in elsewhere:
        for kind in (ServiceType.INSTRUMENT_SHARING, ServiceType.TESTING):
            named = {"kind": RecognitionKind.SERVICE_TYPE, "province": province, "service_type": kind}
            recognise(session, RecognitionForm(**said, **named), actor=officer, now=now)
    session.commit()


def make_use(session: Session, instrument: Instrument, start: datetime, *, booked_by_id: int | None = None) -> Purpose:
    """A confirmed reservation of an hour, committed, as something that vouchers may pay for."""
    user_id = booked_by_id or make_user(session, f"user{next(_numbers)}").id
    made = Reservation(
        uid=f"use{next(_numbers)}@example.org",
        instrument_id=instrument.id,
        booked_by_id=user_id,
        state=ReservationState.CONFIRMED,
        mode=ReservationMode.SELF,
        starts_at=start,
        ends_at=start + timedelta(hours=1),
        created_at=OPENED,
        updated_at=OPENED,
    )
    session.add(made)
    session.commit()
    return for_reservation(made.id)


def make_charge(session: Session, purpose: Purpose, fen: int) -> Charge:
    """The charge of such a use, final, committed."""
    used = session.scalars(select(Reservation).where(Reservation.id == purpose.reservation_id)).one()
    made = Charge(
        reservation_id=used.id,
        organisation_id=session.get_one(Instrument, used.instrument_id).organisation_id,
        instrument_id=used.instrument_id,
        user_id=used.booked_by_id,
        kind=ChargeKind.USE,
        state=ChargeState.FINAL,
        booked_starts_at=used.starts_at,
        booked_ends_at=used.ends_at,
        gross_fen=fen,
        created_at=OPENED,
        updated_at=OPENED,
    )
    session.add(made)
    session.commit()
    return made
