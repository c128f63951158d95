"""Owner and place of a record as the API answers them."""

from pydantic import BaseModel

from booking.catalogue.queries import Record
from models.directory import Organisation, Place


class InstitutionAnswer(BaseModel):
    """The owner of an instrument."""

    id: int
    name: str
    name_en: str
    kind: str
    country: str
    province: str
    city: str
    adcode: str | None


class PlaceAnswer(BaseModel):
    """Where it stands; street and coordinates are null where the owner hides the exact position."""

    adcode: str | None
    province: str
    city: str
    district: str
    street: str | None
    latitude: float | None
    longitude: float | None


def place_answer(record: Record, *, shows_position: bool) -> PlaceAnswer:
    """Place and position: the instrument's own coordinates, else its institution's."""
    instrument = record.instrument
    names = place_names(record.places)
    own = instrument if instrument.latitude is not None else instrument.organisation
    return PlaceAnswer(
        adcode=instrument.adcode or instrument.organisation.adcode,
        **names,
        street=instrument.street if shows_position else None,
        latitude=own.latitude if shows_position else None,
        longitude=own.longitude if shows_position else None,
    )


def place_names(places: list[Place]) -> dict[str, str]:
    """The Chinese names of province, city and district, empty where there is none."""
    found = {"province": "", "city": "", "district": ""}
    return found | {place.level.value: place.name_zh for place in places}


def institution_answer(organisation: Organisation, places: list[Place]) -> InstitutionAnswer:
    """The owner with the names of its province and city."""
    names = place_names(places)
    return InstitutionAnswer(
        id=organisation.id,
        name=organisation.name_zh,
        name_en=organisation.name_en,
        kind=organisation.kind.value,
        country=organisation.country,
        province=names["province"],
        city=names["city"],
        adcode=organisation.adcode,
    )
