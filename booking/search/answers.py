"""What the API answers to a search."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from booking.catalogue.answers import InstrumentRecord
from booking.core.texts import N_
from booking.pricing.queries import Price
from booking.search.free_time import FreeWeek
from booking.search.reference import Reference
from booking.search.results import Result, owner_names
from booking.search.selection import Selection
from booking.search.shelf import ABROAD
from booking.search.vouchers import Costs, Covered
from models.vocabulary.catalogue import BookingMode

ABROAD_ZH, ABROAD_EN = N_("境外"), "Abroad"


class InstitutionOfResult(BaseModel):
    """The owner of a found instrument, with the place where the instrument stands."""

    id: int
    name: str
    name_en: str
    province: str
    city: str


class ResultPrice(BaseModel):
    """What the caller would pay today, in fen; strangers are told what everybody else pays."""

    user_group: str
    user_group_en: str
    is_offered: bool
    hourly_fen: int
    peak_hourly_fen: int | None
    sample_fen: int
    valid_from: date


class FreeDayAnswer(BaseModel):
    """A local day and how many quarters (0 to 4) of its opening time are free; null when it is closed."""

    day: date
    quarters: int | None


class VoucherAuthority(BaseModel):
    """An authority whose vouchers pay there, up to which share; `is_home`: of the provider's own province."""

    id: int
    name: str
    name_en: str
    share: int
    is_home: bool


class ResultVoucher(BaseModel):
    """What vouchers of programmes in force pay of a use today: at most `max_share` basis points, by which authorities.

    `estimate_fen` is what one of the caller's own vouchers would pay of the price of an hour, else of a sample.
    """

    max_share: int
    authorities: list[VoucherAuthority]
    estimate_fen: int | None


class InstrumentResult(BaseModel):
    """A found instrument; `photo_id` is the first of its attachments that is a public photo.

    `distance_km` is null without `near` and where the place is unknown. With `with_free_time`, `free_days` are the
    next seven days and `earliest_free_at` when the shortest booking fits first; both are null for what is not booked
    here or shows nobody its time, and the latter where nothing is free.
    """

    id: int
    name: str
    name_en: str
    model: str
    manufacturer: str
    class_code: str | None
    institution: InstitutionOfResult
    unit: str
    district: str
    booking_mode: BookingMode
    is_in_service: bool
    is_sample: bool
    photo_id: int | None
    price: ResultPrice | None
    voucher: ResultVoucher | None
    distance_km: float | None
    earliest_free_at: datetime | None = None
    free_days: list[FreeDayAnswer] | None = None


class InstrumentAnswer(InstrumentRecord):
    """A record with what vouchers pay of its use today; null where none does."""

    voucher: ResultVoucher | None


class FacetCount(BaseModel):
    """One value of a facet with the number of instruments that have it, the facet's own filter ignored."""

    value: str
    name: str
    name_en: str
    count: int


class ClassCount(FacetCount):
    """A class of any level."""

    level: int
    parent: str | None


class InstitutionCount(BaseModel):
    """An institution with the number of its instruments."""

    value: int
    name: str
    name_en: str
    count: int


class Facets(BaseModel):
    """Exact counts, each ignoring its own filter; institutions with the most instruments first.

    Classes are the widest ones and those below each class on the way to the chosen one.
    """

    class_: list[ClassCount] = Field(serialization_alias="class", validation_alias="class")
    province: list[FacetCount]
    city: list[FacetCount]
    district: list[FacetCount]
    institution: list[InstitutionCount]
    mode: dict[BookingMode, int]
    in_service: dict[str, int]
    voucher: dict[str, int]


class InstrumentsFound(BaseModel):
    """A page of a search with its exact total.

    With `with_free_time`, and where at most 100 are found, `free_in_week` says how many are free within seven days.
    """

    items: list[InstrumentResult]
    total: int
    free_in_week: int | None = None
    facets: Facets
    next_cursor: str | None


def instruments_found(
    session: Session,
    known: Reference,
    selection: Selection,
    results: list[Result],
    costs: Costs,
    *,
    next_cursor: str | None,
) -> InstrumentsFound:
    """A page of results with everything counted."""
    return InstrumentsFound(
        items=[_item(result, known, selection.distance(result.id), costs) for result in results],
        total=selection.total,
        facets=_facets(session, known, selection),
        next_cursor=next_cursor,
    )


def with_free_time(found: InstrumentsFound, weeks: Mapping[int, FreeWeek], free: int | None) -> InstrumentsFound:
    """The same page with the free time of each result, as far as it has a week."""
    items = [item if item.id not in weeks else _timed(item, weeks[item.id]) for item in found.items]
    return found.model_copy(update={"items": items, "free_in_week": free})


def _timed(item: InstrumentResult, week: FreeWeek) -> InstrumentResult:
    """One result with its free time."""
    days = [FreeDayAnswer(day=day.day, quarters=day.quarters) for day in week.days]
    return item.model_copy(update={"earliest_free_at": week.earliest, "free_days": days})


def _item(result: Result, known: Reference, distance: float | None, costs: Costs) -> InstrumentResult:
    """One result."""
    covered = costs.covered.get(result.id)
    return InstrumentResult(
        id=result.id,
        name=result.name_zh or result.name_en,
        name_en=result.name_en,
        model=result.model,
        manufacturer=result.manufacturer,
        class_code=result.class_code,
        institution=InstitutionOfResult(
            id=result.organisation_id,
            name=result.organisation_zh,
            name_en=result.organisation_en,
            province=_place_name(known, result.province),
            city=_place_name(known, result.city),
        ),
        unit=result.unit_zh,
        district=_place_name(known, result.district),
        booking_mode=result.booking_mode,
        is_in_service=result.is_in_service,
        is_sample=result.is_sample,
        photo_id=result.photo_id,
        price=_price(costs.prices.get(result.id)),
        voucher=voucher_answer(covered) if covered else None,
        distance_km=None if distance is None else round(distance, 3),
    )


def _price(price: Price | None) -> ResultPrice | None:
    """What the caller would pay; None without a price."""
    if price is None:
        return None
    policy = price.policy
    return ResultPrice(
        user_group=price.group.name_zh,
        user_group_en=price.group.name_en,
        is_offered=price.is_offered,
        hourly_fen=policy.hourly_fen,
        peak_hourly_fen=policy.peak_hourly_fen,
        sample_fen=policy.sample_fen,
        valid_from=policy.valid_from,
    )


def voucher_answer(covered: Covered) -> ResultVoucher:
    """What vouchers pay."""
    authorities = {
        one.authority_id: VoucherAuthority(
            id=one.authority_id, name=one.authority[0], name_en=one.authority[1], share=one.share, is_home=one.is_home
        )
        for one in reversed(covered.offers)
    }
    estimate = covered.estimate.covered_fen if covered.estimate else None
    return ResultVoucher(max_share=covered.share, authorities=[*reversed(authorities.values())], estimate_fen=estimate)


def _place_name(known: Reference, adcode: str | None) -> str:
    """The Chinese name of a place, empty for none."""
    if adcode == ABROAD:
        return ABROAD_ZH
    place = known.places.get(adcode or "")
    return place.name_zh if place else ""


def _facets(session: Session, known: Reference, selection: Selection) -> Facets:
    """Every facet."""
    return Facets.model_validate(
        {
            "class": _classes(known, selection),
            "province": list(_places(known, selection.counts("province"))),
            "city": list(_places(known, selection.counts("city"))),
            "district": list(_places(known, selection.counts("district"))),
            "institution": _institutions(owner_names(session, selection.shelf), selection.counts("institution")),
            "mode": selection.counts("mode"),
            **{
                name: {str(value).lower(): count for value, count in selection.counts(name).items()}
                for name in ("in_service", "voucher")
            },
        }
    )


def _classes(known: Reference, selection: Selection) -> list[ClassCount]:
    """The tree of classes as far as it is opened, in order of code."""
    chosen = next(iter(selection.criteria.chosen.get("class", ())), None)
    shown = known.opened(chosen)
    counts = selection.counts("class", among=[row.code for row in shown])
    return [
        ClassCount(
            value=row.code,
            name=row.name_zh,
            name_en=row.name_en,
            count=counts[row.code],
            level=row.level,
            parent=row.parent_code,
        )
        for row in shown
        if row.code in counts
    ]


def _places(known: Reference, counts: dict[str, int]) -> Iterator[FacetCount]:
    """Places in order of code, abroad last."""
    for adcode, count in sorted(counts.items()):
        if adcode == ABROAD:
            yield FacetCount(value=ABROAD, name=ABROAD_ZH, name_en=ABROAD_EN, count=count)
        elif found := known.places.get(adcode):
            yield FacetCount(value=adcode, name=found.name_zh, name_en=found.name_en, count=count)


def _institutions(names: Mapping[int, tuple[str, str]], counts: dict[int, int]) -> list[InstitutionCount]:
    """Institutions, those with the most instruments first."""
    ordered = sorted(counts.items(), key=lambda found: (-found[1], found[0]))
    return [
        InstitutionCount(value=number, name=names[number][0], name_en=names[number][1], count=count)
        for number, count in ordered
        if number in names
    ]
