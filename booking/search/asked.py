"""From what was asked to criteria: names of places looked up, and what contradicts itself refused."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from booking.catalogue.tokens import query_terms
from booking.core.errors import InvalidInput, Problem
from booking.core.period import Period
from booking.core.texts import N_
from booking.search.criteria import Criteria, Sort
from booking.search.distance import Spot
from booking.search.forms import PageSearch, SearchForm
from booking.search.reference import PlaceName, Reference, reference
from booking.search.shelf import ABROAD
from models.vocabulary.directory import PlaceLevel

LONGEST_FREE = timedelta(days=31)
NAMES_OF_ABROAD = frozenset({ABROAD, "境外", "overseas"})


def criteria_of(session: Session, form: SearchForm) -> Criteria:
    """The form as criteria; raises InvalidInput with every contradiction and unknown place."""
    known = reference(session)
    problems = list(_problems(form))
    chosen: dict[str, frozenset[Any]] = {}
    for level in PlaceLevel:
        if asked := getattr(form, level.value):
            chosen[level.value] = _places(known, level, asked)
            if not chosen[level.value]:
                problems.append(Problem(level.value, N_("没有找到地点“%(name)s”。"), {"name": asked}))
    near = _near(form, known, problems)
    if form.sort == Sort.DISTANCE and near is None:
        problems.append(Problem("sort", N_("按距离排序须先给出地点。")))
    if form.max_km is not None and near is None:
        problems.append(Problem("max_km", N_("限定距离须先给出地点。")))
    if problems:
        raise InvalidInput(problems)
    return Criteria(
        text=form.q,
        terms=tuple(query_terms(form.q)),
        chosen=chosen | _plain(form),
        free=Period(form.free_from, form.free_to) if form.free_from and form.free_to else None,
        near=near,
        max_km=form.max_km,
        sort=form.sort or (Sort.DISTANCE if near and not form.q else Sort.RELEVANCE),
    )


def _plain(form: SearchForm) -> dict[str, frozenset[Any]]:
    """The facets that need no looking up."""
    values = {
        "class": form.class_code,
        "institution": form.institution,
        "mode": form.mode,
        "in_service": form.in_service,
        "voucher": form.voucher,
    }
    return {name: frozenset({value}) for name, value in values.items() if value is not None}


def _problems(form: SearchForm) -> Iterator[Problem]:
    """What contradicts itself in the free time asked for."""
    start, end = form.free_from, form.free_to
    if start is None and end is None:
        return
    if start is None or end is None:
        yield Problem("free_to" if start else "free_from", N_("请同时填写空闲时间的开始和结束。"))
    elif start >= end:
        yield Problem("free_to", N_("结束时间须晚于开始时间。"))
    elif end - start > LONGEST_FREE:
        yield Problem("free_to", N_("空闲时间最长 %(days)s 天。"), {"days": LONGEST_FREE.days})


def _places(known: Reference, level: PlaceLevel, asked: str) -> frozenset[str]:
    """The codes of this level that a code or a name stands for; some names stand for several."""
    if level == PlaceLevel.PROVINCE and asked.lower() in NAMES_OF_ABROAD:
        return frozenset({ABROAD})
    if len(asked) == 6 and asked.isascii() and asked.isdecimal():
        return frozenset({asked})
    return frozenset(place.adcode for place in known.places.values() if place.level == level and place.is_called(asked))


def _near(form: SearchForm, known: Reference, problems: list[Problem]) -> Spot | None:
    """The place to be near to: given in degrees, else a district's."""
    if form.near:
        latitude, longitude = (float(part) for part in form.near.split(","))
        return _spot(latitude, longitude, problems)
    if isinstance(form, PageSearch) and form.near_lat is not None and form.near_lon is not None:
        return Spot(form.near_lat, form.near_lon)
    if form.near_district:
        return _centre(known.places.get(form.near_district), problems)
    return None


def _spot(latitude: float, longitude: float, problems: list[Problem]) -> Spot | None:
    """A place on earth."""
    if abs(latitude) <= 90 and abs(longitude) <= 180:
        return Spot(latitude, longitude)
    problems.append(Problem("near", N_("纬度须在 -90 至 90 之间，经度须在 -180 至 180 之间。")))
    return None


def _centre(place: PlaceName | None, problems: list[Problem]) -> Spot | None:
    """The middle of a district."""
    if place and place.spot:
        return place.spot
    problems.append(Problem("near_district", N_("没有这个地点的坐标。")))
    return None
