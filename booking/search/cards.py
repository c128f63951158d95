"""What the page shows of each result, in the reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypedDict

from flask_babel import gettext

from booking.catalogue.labels import BOOKING_MODE, RUNNING_STATE
from booking.pricing.wording import Said, said
from booking.search.free_time import FreeDay, FreeWeek
from booking.search.labels import ABROAD as ABROAD_LABEL
from booking.search.reference import Reference
from booking.search.results import Result
from booking.search.shelf import ABROAD
from booking.search.voucher_words import SaidVoucher, said_voucher
from booking.search.vouchers import Costs
from booking.web.filters import WEEKDAYS_EN, WEEKDAYS_ZH, day
from booking.web.languages import in_language, page_language
from models.vocabulary.catalogue import BookingMode


class StripDay(TypedDict):
    """One day of the strip: `free` is quarters of its opening time."""

    label: str
    free: int
    title: str


@dataclass(frozen=True, slots=True)
class Card:
    """One result on the page."""

    id: int
    name: str
    model: str
    place: str
    distance: float | None
    mode: str
    is_bookable: bool
    is_to_ask: bool
    out_of_service: str
    is_sample: bool
    strip: list[StripDay]
    earliest: datetime | None
    is_full: bool
    photo_id: int | None
    price: Said | None
    voucher: SaidVoucher | None


def card_of(
    result: Result,
    known: Reference,
    distance: float | None,
    week: FreeWeek | None,
    costs: Costs,
) -> Card:
    """One result in the reader's language."""
    covered = costs.covered.get(result.id)
    return Card(
        id=result.id,
        name=in_language(result.name_zh, result.name_en),
        model=result.model,
        place=place_line(result, known),
        distance=distance,
        mode=gettext(BOOKING_MODE[result.booking_mode]),
        is_bookable=result.booking_mode == BookingMode.HERE,
        is_to_ask=result.booking_mode in {BookingMode.ON_REQUEST, BookingMode.ELSEWHERE},
        out_of_service="" if result.is_in_service else gettext(RUNNING_STATE[result.running_state]),
        is_sample=result.is_sample,
        strip=[_strip_day(found) for found in week.days] if week else [],
        earliest=week.earliest if week else None,
        is_full=week is not None and week.earliest is None,
        photo_id=result.photo_id,
        price=said(costs.prices.get(result.id)),
        voucher=said_voucher(covered, known) if covered else None,
    )


def place_line(result: Result, known: Reference) -> str:
    """Institution, unit and place, e.g. 西南大学 材料与能源学院 · 重庆北碚区."""
    owner = in_language(result.organisation_zh, result.organisation_en)
    unit = in_language(result.unit_zh, result.unit_en)
    return " · ".join(part for part in (f"{owner} {unit}".strip(), _where(result, known)) if part)


def _where(result: Result, known: Reference) -> str:
    """Province or city with the district."""
    if result.province == ABROAD:
        return str(gettext(ABROAD_LABEL))
    codes = dict.fromkeys(code for code in (result.province, result.city, result.district) if code)
    names = [
        in_language(known.places[code].name_zh, known.places[code].name_en) for code in codes if code in known.places
    ]
    distinct = list(dict.fromkeys(names))
    return ", ".join(reversed(distinct)) if page_language() == "en" else "".join(distinct)


def _strip_day(found: FreeDay) -> StripDay:
    """One day of the strip with its words."""
    return {"label": _weekday(found.day), "free": found.quarters or 0, "title": f"{day(found.day)} {_amount(found)}"}


def _weekday(value: date) -> str:
    """One character of a weekday; two letters in English."""
    return WEEKDAYS_EN[value.weekday()][:2] if page_language() == "en" else WEEKDAYS_ZH[value.weekday()]


def _amount(found: FreeDay) -> str:
    """How free a day is, in words."""
    if found.quarters is None:
        return str(gettext("不开放"))
    words: Mapping[int, str] = {0: gettext("已约满"), 4: gettext("全部空闲")}
    return words.get(found.quarters) or str(gettext("约 %(percent)s%% 空闲", percent=found.quarters * 25))
