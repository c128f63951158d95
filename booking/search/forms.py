"""What is asked of the search, from text to values; the page and the API share it."""

from typing import Annotated

from pydantic import ConfigDict, Field

from booking.core.forms import Blank, Form, Line, Moment
from booking.core.pages import LARGEST_PAGE
from booking.search.criteria import Sort
from models.vocabulary.catalogue import BookingMode

LONGEST_TEXT = 200
FARTHEST_KM = 5000
LARGEST_NUMBER = 2**31 - 1

Short = Annotated[Line, Field(max_length=80)]
Adcode = Annotated[str, Field(pattern=r"^\d{6}$")]


class SearchForm(Form):
    """Every condition of a search; none of them is needed."""

    q: Annotated[Line, Field(max_length=LONGEST_TEXT, description="Words, Chinese or English")] = ""
    class_code: Annotated[Adcode | None, Blank] = Field(None, alias="class", description="Code of any level")
    province: Annotated[Short | None, Blank] = Field(None, description="Adcode or name; `abroad` outside China")
    city: Annotated[Short | None, Blank] = Field(None, description="Adcode or name")
    district: Annotated[Short | None, Blank] = Field(None, description="Adcode or name")
    institution: Annotated[int | None, Blank] = Field(None, ge=1, le=LARGEST_NUMBER)
    mode: Annotated[BookingMode | None, Blank] = None
    in_service: Annotated[bool | None, Blank] = None
    voucher: Annotated[bool | None, Blank] = Field(
        None, description="Whether an innovation voucher of either province pays a share there today"
    )
    free_from: Annotated[Moment | None, Blank] = Field(None, description="Free from this moment, with free_to")
    free_to: Annotated[Moment | None, Blank] = None
    near: Annotated[Line | None, Blank] = Field(
        None, pattern=r"^[+-]?\d{1,2}(\.\d{1,10})?\s*,\s*[+-]?\d{1,3}(\.\d{1,10})?$", description="latitude,longitude"
    )
    near_district: Annotated[Adcode | None, Blank] = Field(None, description="Adcode of a place to be near to")
    max_km: Annotated[float | None, Blank] = Field(None, gt=0, le=FARTHEST_KM, allow_inf_nan=False)
    sort: Annotated[Sort | None, Blank] = None


class ApiSearch(SearchForm):
    """A search through the API."""

    with_free_time: bool = Field(
        False, description="Also say how many of at most 100 are free in the next seven days, and each one's free time"
    )
    limit: int = Field(20, ge=1, le=LARGEST_PAGE)
    cursor: str = Field("", max_length=200)


class PageSearch(SearchForm):
    """A search on the page: unknown fields are ignored, the browser's position comes in two."""

    model_config = ConfigDict(extra="ignore")

    near_lat: Annotated[float | None, Blank] = Field(None, ge=-90, le=90, allow_inf_nan=False)
    near_lon: Annotated[float | None, Blank] = Field(None, ge=-180, le=180, allow_inf_nan=False)
    count_free: Annotated[bool | None, Blank] = None
    page: int = Field(1, ge=1, le=LARGEST_NUMBER)
