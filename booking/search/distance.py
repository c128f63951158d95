"""Distances on the earth."""

from math import asin, cos, radians, sin, sqrt
from typing import NamedTuple

EARTH_KM = 6371.0088
"""Mean radius (IUGG)."""


class Spot(NamedTuple):
    """A place in degrees, WGS 84."""

    latitude: float
    longitude: float


def kilometres(first: tuple[float, float], second: tuple[float, float]) -> float:
    """The great-circle distance, by the haversine formula."""
    (latitude_1, longitude_1), (latitude_2, longitude_2) = first, second
    north, east = radians(latitude_2 - latitude_1), radians(longitude_2 - longitude_1)
    half = sin(north / 2) ** 2 + cos(radians(latitude_1)) * cos(radians(latitude_2)) * sin(east / 2) ** 2
    return 2 * EARTH_KM * asin(min(1.0, sqrt(half)))
