"""The booking part of a page: an instrument's week beside a wish, and what the server says to the wish."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, may
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.errors import InvalidInput
from booking.core.forms import SENTENCES, Blank, Moment, PageForm, read, with_local_offset
from booking.core.period import Period, without
from booking.core.texts import N_
from booking.reservations.availability import InstrumentTime, instrument_time
from booking.reservations.first_time import opening_week
from booking.reservations.labels import DIRECTIONS, MODES
from booking.reservations.lanes import RESERVATION
from booking.reservations.moving import ask_move
from booking.reservations.payer_field import FIELD, payer_field, paying_of
from booking.reservations.rules import slots_said
from booking.reservations.service import ask
from booking.reservations.situations import find_place
from booking.reservations.spoken import Spoken, spoken, spoken_problems
from booking.reservations.terms import Place
from booking.reservations.voucher_field import VOUCHER, voucher_field, vouching_of
from booking.reservations.week_table import WEEK, WeekTime, day_in, monday_of, week_of, week_table
from booking.reservations.wishes import ANY_FORM, Details, Wish
from booking.web.filters import local_input
from booking.web.repeats import new_key
from models.catalogue import Instrument
from models.reservations import Reservation
from models.vocabulary.catalogue import BookingMode
from models.vocabulary.reservations import ReservationMode

TIMES = ("starts_at", "ends_at")
DAYS_ON_A_PHONE = timedelta(days=3)
PERIOD_ORDER = SENTENCES["period_order"]
FIELDS = {
    "starts_at": N_("开始"),
    "ends_at": N_("结束"),
    "mode": N_("使用方式"),
    "purpose": N_("用途"),
    "direction": N_("研究方向"),
    "project_name": N_("课题名称"),
    "project_number": N_("课题编号"),
    "sample_count": N_("样品数"),
    "operator_name": N_("上机人姓名"),
    "operator_email": N_("上机人邮箱"),
    "participants": N_("同行人"),
    "on_behalf_of": N_("代谁预约"),
    "override_reason": N_("例外理由"),
    "payer_account_id": N_("由哪个经费账户支付"),
    VOUCHER: N_("用券"),
    "order_form": N_("委托单"),
    "reason": N_("原因"),
}


class WishTimes(PageForm):
    """The times of a wish that is only asked about."""

    starts_at: Moment
    ends_at: Moment
    mode: Annotated[ReservationMode | None, Blank] = None


@dataclass(frozen=True, slots=True)
class Frame:
    """What the panel is for: a new reservation, or with `moving` another time for one."""

    instrument_id: int
    moving: Reservation | None = None

    def url(self, **values: Any) -> str:
        """The page itself, with a week or a wish in its address."""
        if self.moving:
            return url_for("reservations.move", reservation_id=self.moving.id, **values)
        return url_for("search.show", instrument_id=self.instrument_id, **values)

    @property
    def links(self) -> dict[str, Any]:
        """Where its form goes, and what it is called."""
        if self.moving:
            return {
                "title": _("改时间"),
                "submit": _("确认改时间"),
                "action": url_for("reservations.move", reservation_id=self.moving.id),
                "calendar_url": url_for("reservations.move_calendar", reservation_id=self.moving.id),
                "ask_url": url_for("reservations.ask_move", reservation_id=self.moving.id),
            }
        return {
            "title": _("要预约的时间"),
            "submit": _("提交预约"),
            "action": url_for("reservations.create", instrument_id=self.instrument_id),
            "calendar_url": url_for("reservations.calendar", instrument_id=self.instrument_id),
            "ask_url": url_for("reservations.ask", instrument_id=self.instrument_id),
        }


@dataclass(frozen=True, slots=True)
class Said:
    """What was typed so far, and what the server has to say to it."""

    typed: Mapping[str, str] = field(default_factory=dict)
    answer: Spoken | None = None
    problems: Mapping[str, list[str]] = field(default_factory=dict)


def panel_for(
    session: Session, instrument: Instrument, actor: Actor | None, args: Mapping[str, str], now: datetime
) -> dict[str, Any]:
    """The `panel` of an instrument's page: `week`, `starts_at` and `ends_at` come from the address."""
    typed = {name: args[name] for name in TIMES if args.get(name)}
    frame = Frame(instrument.id)
    answer = None
    if typed and instrument.booking_mode == BookingMode.HERE:
        answer = weigh(session, frame, typed, actor=actor, now=now)
    return panel_of(session, frame, Said(typed, answer), args.get("week"), actor=actor, now=now)


def weigh(
    session: Session, frame: Frame, typed: Mapping[str, str], *, actor: Actor | None, now: datetime
) -> Spoken | None:
    """What the server says to the times typed; None as long as there are none."""
    if not any(typed.get(name) for name in TIMES):
        return None
    try:
        wanted = read(WishTimes, with_local_offset(typed, *TIMES))
    except InvalidInput as invalid:
        return spoken_problems(invalid)
    if wanted.starts_at >= wanted.ends_at:
        return Spoken(problems=(_(PERIOD_ORDER),))
    period = Period(wanted.starts_at, wanted.ends_at)
    paying = replace(paying_of(typed.get(FIELD, "")), vouching=vouching_of(typed))
    if frame.moving and actor:
        return spoken(ask_move(session, frame.moving.id, period, paying=paying, actor=actor, now=now))
    details = Details(sample_count=_samples(typed.get("sample_count", "")))
    wish = Wish(frame.instrument_id, period, wanted.mode, details, paying=paying, order_form=ANY_FORM)
    return spoken(ask(session, wish, actor=actor, now=now))


def _samples(text: str) -> int | None:
    """The number of samples as far as it can be read; what is wrong with it is said when the form is sent."""
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 6 else None


def panel_of(
    session: Session, frame: Frame, said: Said, week: str | None = None, *, actor: Actor | None, now: datetime
) -> dict[str, Any]:
    """Everything `_booking.html` shows; raises NotFound when the actor may not know of the instrument."""
    day = day_in(week) or day_in(said.typed.get("starts_at", "")[:10])
    if day is None and frame.moving is None:
        time, first = opening_week(session, frame.instrument_id, viewer=actor, now=now)
        day = _day_to_open(local_date(now), first)
    else:
        day, own_id = day or local_date(now), frame.moving.id if frame.moving else 0
        week_shown = week_of(monday_of(day))
        time = instrument_time(session, frame.instrument_id, week_shown, viewer=actor, own_id=own_id, now=now)
    return {
        **wish_part(frame, said, time.place, actor=actor),
        "payer": payer_field(session, time.place, frame.moving, said.typed.get(FIELD, ""), actor=actor, now=now),
        "vouchers": voucher_field(session, time.place, frame.moving, said.typed, actor=actor, now=now),
        **_week_part(frame, said, time, day, now),
        "booking_mode": time.terms.booking_mode,
        "booking_url": time.terms.booking_url,
        "takes_bookings": time.terms.booking_mode == BookingMode.HERE,
        "key": new_key(),
    }


def _day_to_open(today: date, first: datetime | None) -> date:
    """Today as long as a phone's three days show the first time that could be reserved, else its day."""
    day = local_date(first) if first else today
    return today if monday_of(day) == monday_of(today) and day - today < DAYS_ON_A_PHONE else day


def answer_of(session: Session, frame: Frame, said: Said, *, actor: Actor | None, now: datetime) -> dict[str, Any]:
    """Everything `_answer.html` shows."""
    today = Period(now, now + timedelta(days=1))
    place = find_place(session, frame.instrument_id, today, actor=actor, internal=frame.moving is not None, now=now)
    return wish_part(frame, said, place, actor=actor)


def wish_part(frame: Frame, said: Said, place: Place, *, actor: Actor | None) -> dict[str, Any]:
    """The wish as far as it goes: its fields, the answer to it, and where its form is sent."""
    decides = may(actor, Permission.DECIDE_BOOKINGS, place.target)
    return {
        **frame.links,
        "instrument_id": frame.instrument_id,
        "owner_id": place.organisation_id,
        "moving": frame.moving,
        "terms": place.terms,
        "slots": slots_said(place.terms, day_in(said.typed.get("starts_at", "")[:10])),
        "wish": said.typed,
        "answer": said.answer,
        "problems": said.problems,
        "labels": {name: _(label) for name, label in FIELDS.items()},
        "signed_in": actor is not None,
        "decides": decides,
        "needs_reason": bool(frame.moving and actor and frame.moving.booked_by_id != actor.id),
        "waits": place.terms.needs_approval and not decides,
        "modes": [(str(mode), _(MODES[mode])) for mode in place.terms.modes],
        "directions": [(str(direction), _(text)) for direction, text in DIRECTIONS.items()],
        "sign_in_url": url_for("accounts.sign_in", next=frame.url(**_times(said.typed), _anchor="wish-panel")),
    }


def _week_part(frame: Frame, said: Said, time: InstrumentTime, day: date, now: datetime) -> dict[str, Any]:
    """The week in words and where the drawn one begins; the ways to other weeks and into the form."""
    kept, monday = _times(said.typed), monday_of(day)
    return {
        "shows_time": not time.is_hidden,
        "shown_day": day,
        "week": week_table(monday, _week_time(time), time.terms, now=now),
        "previous_url": frame.url(**kept, week=(monday - WEEK).isoformat(), _anchor="week"),
        "next_url": frame.url(**kept, week=(monday + WEEK).isoformat(), _anchor="week"),
        "wish_url": lambda wish: frame.url(
            starts_at=local_input(wish.start), ends_at=local_input(wish.end), _anchor="wish-panel"
        ),
    }


def _week_time(time: InstrumentTime) -> WeekTime:
    """What the table needs of an instrument's time; the viewer's own time is not also somebody's."""
    mine = time.own
    return WeekTime(
        free=time.bookable,
        mine=mine,
        blocks=[one.period for one in time.busy if one.kind != RESERVATION],
        busy=without([one.period for one in time.busy if one.kind == RESERVATION], mine),
        opened=time.open,
    )


def _times(typed: Mapping[str, str]) -> dict[str, str]:
    """The times among the fields, as an address carries them."""
    return {name: typed[name] for name in TIMES if typed.get(name)}
