"""Labels that are stuck on parcels and samples: of which orders, and how what was scanned or typed leads back."""

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, reach
from booking.catalogue.keeping import staffed_within
from booking.core.actors import Actor
from booking.core.errors import NotFound, Refused
from booking.core.texts import N_
from booking.samples.lists import is_own
from booking.samples.queries import in_full, side_of
from models.samples import Sample, SampleOrder
from models.vocabulary.samples import OVER

ON_A_SHEET = 12
MOST_STICKERS = 240
"""How many labels one answer holds: twenty sheets."""
MOST_OFFERED = 100

_CODE = re.compile(r"WT *(\d{8})[ -]*(\d{5,10})(?:[ -]+(\d{1,3}))?(?![ -]*\d)")


class TooManyStickers(Refused):
    """More labels than one answer holds."""

    status = 422
    code = "too_many_stickers"
    sentence = N_("一次最多打印 %(most)s 张标签，请少选几个委托。")


class Which(StrEnum):
    """Which labels of an order: one for the whole, one for each sample, or both."""

    BOTH = "both"
    ORDERS = "orders"
    SAMPLES = "samples"


@dataclass(frozen=True, slots=True)
class Sticker:
    """A label of an order, or of one of its samples."""

    order: SampleOrder
    sample: Sample | None

    @property
    def code(self) -> str:
        """What is scanned or typed: the order's number, for a sample with its position."""
        number = self.order.number or ""
        return f"{number}-{self.sample.position}" if self.sample else number


@dataclass(frozen=True, slots=True)
class Read:
    """What a code says: the number of an order, and the position of a sample if it names one."""

    number: str
    position: int | None


def read_code(text: str) -> Read | None:
    """The code in what somebody typed or a scanner sent, the whole address of a label too; None without one."""
    found = _CODE.search(unicodedata.normalize("NFKC", text).upper())
    if found is None:
        return None
    day, order, position = found.groups()
    return Read(f"WT{day}-{order}", int(position) if position else None)


def order_by_number(session: Session, number: str, actor: Actor) -> SampleOrder:
    """The order of this number, for either side; raises NotFound for everybody else."""
    found = session.scalar(in_full().where(SampleOrder.number == number))
    if found is None or side_of(found, actor) is None:
        raise NotFound
    return found


def stickers_of(session: Session, order_ids: Collection[int], which: Which, actor: Actor) -> list[Sticker]:
    """The labels of accepted orders in the order of their numbers; raises NotFound or TooManyStickers."""
    orders = session.scalars(in_full().where(SampleOrder.id.in_(order_ids)).order_by(SampleOrder.id)).all()
    known = {one.id for one in orders if one.number is not None and side_of(one, actor) is not None}
    if not set(order_ids) <= known:
        raise NotFound
    each = 0 if which == Which.SAMPLES else 1
    wanted = sum(each + (one.sample_count if which != Which.ORDERS else 0) for one in orders)
    if wanted > MOST_STICKERS:
        raise TooManyStickers(most=MOST_STICKERS)
    samples = _samples(session, known) if which != Which.ORDERS else {}
    made: list[Sticker] = []
    for order in orders:
        made += [Sticker(order, None)] * each
        made += [Sticker(order, one) for one in samples.get(order.id, [])]
    return made


def _samples(session: Session, order_ids: Collection[int]) -> dict[int, list[Sample]]:
    """The samples of orders."""
    rows = session.scalars(select(Sample).where(Sample.order_id.in_(order_ids)).order_by(Sample.position))
    found: dict[int, list[Sample]] = {}
    for one in rows:
        found.setdefault(one.order_id, []).append(one)
    return found


def offered_orders(session: Session, actor: Actor) -> Sequence[SampleOrder]:
    """The orders under way whose labels the actor may want, on either side; the last accepted first."""
    reached = reach(actor, Permission.SEE_SAMPLE_ORDERS)
    theirs = or_(is_own(actor), staffed_within(SampleOrder, reached)) if reached else is_own(actor)
    under_way = in_full().where(SampleOrder.number.is_not(None), SampleOrder.state.not_in(OVER), theirs)
    latest = under_way.order_by(SampleOrder.accepted_at.desc(), SampleOrder.id.desc())
    return session.scalars(latest.limit(MOST_OFFERED)).all()
