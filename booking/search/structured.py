"""What search engines read of an instrument: JSON-LD in the words of schema.org."""

from collections.abc import Sequence
from typing import Any

from booking.search.record_page import RecordPage


def structured(page: RecordPage, address: str, images: Sequence[str] = ()) -> dict[str, Any]:
    """A product at a place, owned by an organisation; what is not known or not shown is left out."""
    instrument = page.instrument
    found: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Product",
        "@id": address,
        "url": address,
        "name": page.name,
        "alternateName": page.other_name,
        "description": page.summary,
        "model": instrument.model,
        "category": " / ".join(name for _, name in page.classes),
        "manufacturer": _organisation(instrument.manufacturer),
        "sku": instrument.inner_id,
        "image": list(images),
    }
    found["additionalProperty"] = [
        {"@type": "PropertyValue", "name": label, "value": text}
        for label, text in page.rows
        if text and text not in {instrument.name_zh, instrument.name_en}
    ]
    found["subjectOf"] = {"@type": "Dataset", "encodingFormat": "application/vnd.pidinst+json"} | {
        "url": f"{address}/pidinst.json",
        "name": page.name,
        "description": page.summary,
    }
    found["isRelatedTo"] = {"@type": "Service", "name": page.name, "provider": _owner(page), "areaServed": page.where}
    return {name: value for name, value in found.items() if value}


def _organisation(name: str) -> dict[str, str] | None:
    """An organisation by its name."""
    return {"@type": "Organization", "name": name} if name else None


def _owner(page: RecordPage) -> dict[str, Any]:
    """The institution with its place."""
    owner = page.instrument.organisation
    found: dict[str, Any] = {"@type": "Organization", "name": page.owner, "address": page.where, "url": owner.website}
    if page.position:
        latitude, longitude = page.position
        geo = {"@type": "GeoCoordinates", "latitude": latitude, "longitude": longitude}
        found["location"] = {"@type": "Place", "address": page.where, "geo": geo}
    return {name: value for name, value in found.items() if value}
