"""What is read from outside about clearing."""

import re
from datetime import date
from typing import Annotated

from pydantic import Field, StringConstraints

from booking.clearing.rules import Border
from booking.core.errors import NotFound
from booking.core.forms import Blank, Form, Line, NearDay, PageForm, Text
from booking.core.pages import LARGEST_PAGE
from models.vocabulary.clearing import Figure
from models.vocabulary.programmes import BorderWay

_BORDER = re.compile(r"[0-9]{2}-[0-9]{2}", re.ASCII)
_MONTH = r"^20[0-9]{2}-(0[1-9]|1[0-2])$"

Province = Annotated[str, StringConstraints(pattern=r"^[0-9]{2}$")]
MonthText = Annotated[str, StringConstraints(pattern=_MONTH)]
"""A month of this century, as YYYY-MM."""


class ClearingQuery(Form):
    """Which month; the present one, where none is named."""

    month: Annotated[MonthText | None, Blank] = None

    @property
    def day(self) -> date | None:
        """Its first day."""
        return date.fromisoformat(f"{self.month}-01") if self.month else None


class ClearingPage(ClearingQuery, PageForm):
    """The same as a page reads it."""


class ClearedQuery(Form):
    """Which figure of a month: of vouchers of which province, settled in which way."""

    issuer: Province
    figure: Figure
    way: BorderWay = BorderWay.HOME_PAYS
    limit: int = Field(50, ge=1, le=LARGEST_PAGE)
    cursor: str = Field("", max_length=200)


class ClearedPage(ClearedQuery, PageForm):
    """The same as a page reads it."""


class WriteForm(Form):
    """What an officer says of a statement; an objection is for the other side, before it confirms."""

    text: Annotated[Text, Field(min_length=1, max_length=1000)]
    is_objection: bool = False


class WritePage(WriteForm, PageForm):
    """The same as a page sends it."""


class ClearingSettlementForm(Form):
    """When the net was paid, and by which bank receipt; where the two net to nothing there is none."""

    settled_on: NearDay
    receipt: Annotated[Line, Field(max_length=60)] = ""


class ClearingSettlementPage(ClearingSettlementForm, PageForm):
    """The same as a page sends it."""


class ClearingReversalForm(Form):
    """Why what was recorded as paid was not."""

    reason: Annotated[Text, Field(min_length=1, max_length=300)]


class ClearingReversalPage(ClearingReversalForm, PageForm):
    """The same as a page sends it."""


def border_in(text: str) -> Border:
    """A border as addresses have it, the lower province first; raises NotFound."""
    low, high = (text[:2], text[3:]) if _BORDER.fullmatch(text) else ("1", "0")
    if low > high:
        raise NotFound
    return Border(low, high)


def month_in(text: str) -> date:
    """A month as addresses have it, as its first day; raises NotFound."""
    if re.match(_MONTH, text, re.ASCII) is None or len(text) != len("2026-11"):
        raise NotFound
    return date.fromisoformat(f"{text}-01")
