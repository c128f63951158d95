"""Records as rows of a table, with what each reader may see; what is written here the import reads again unchanged."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, contains_eager

from booking.accounts.permissions import Permission, may, reach
from booking.catalogue import labels
from booking.catalogue.import_headers import FIELDS
from booking.catalogue.import_layouts import heading_of
from booking.catalogue.import_standing import capacities_of, hours_by_instrument
from booking.catalogue.inheritance import Above
from booking.catalogue.levels import Effective, above_of, effective
from booking.catalogue.queries import target_of, within
from booking.catalogue.rules import wan_from_fen, write_hours
from booking.core.actors import Actor
from booking.core.table_writing import Row
from models.catalogue import BookingPolicy, Instrument
from models.directory import Organisation, Unit
from models.vocabulary.catalogue import ContactVisibility, PublishingState

CHUNK = 500
CONTACT = frozenset({"contact_name", "phone", "email", "postcode"})
POSITION = frozenset({"street", "latitude", "longitude"})
OWNERS_ONLY = frozenset(
    {"accepted_on", "not_shared_approved_by", "customs_declaration", "customs_released_on", "customs_supervised_until"}
)
OURS_ONLY = frozenset(
    {
        "accepted_on",
        "service_type",
        "lanes",
        "opens",
        "grid_minutes",
        "shortest_minutes",
        "longest_minutes",
        "notice_minutes",
        "horizon_days",
        "setup_minutes",
        "cleanup_minutes",
        "slots",
        "needs_approval",
        "modes",
        "is_sample",
        "provenance",
        "latitude",
        "longitude",
    }
)
NATIONAL_FIELDS = (*(name for name in FIELDS if name not in OURS_ONLY and not name.endswith("_en")), "name_en")
WORDS: Mapping[str, tuple[str, Mapping[Any, str]]] = {
    "source": ("acquisition", labels.ACQUISITION),
    "belongs_to_kind": ("belongs_to", labels.BELONGS_TO),
    "kind": ("kind", labels.INSTRUMENT_KIND),
    "service_type": ("service_type", labels.SERVICE_TYPE),
    "funding": ("funding", labels.FUNDING),
    "running_state": ("running_state", labels.RUNNING_STATE),
    "share_mode": ("share_mode", labels.SHARE_MODE),
}
POLICY = OURS_ONLY & set(BookingPolicy.__table__.columns.keys()) - {"needs_approval"}


@dataclass(frozen=True, slots=True)
class Exported:
    """A record with what holds for it, own or inherited, and how much of it the reader sees."""

    instrument: Instrument
    effective: Effective
    capacity: int
    is_owner: bool
    sees_contact: bool

    def hides(self, name: str) -> bool:
        """Whether this reader may not see the field."""
        if self.is_owner:
            return False
        is_hidden = name in OWNERS_ONLY or (name in POSITION and self.instrument.hides_position)
        return is_hidden or (name in CONTACT and not self.sees_contact)


def rows_of(
    session: Session, ids: Sequence[int], actor: Actor | None, *, national: bool, english: bool
) -> Iterator[Row]:
    """A header and a row for each record that the reader may see, in this order, a few statements for some hundred.

    National tables have the national platform's fields, names and codes, and values in 万元.
    """
    fields = NATIONAL_FIELDS if national else FIELDS
    yield [heading_of(name, english=english and not national) for name in fields]
    for found in exported(session, ids, actor):
        yield [_cell(found, name, national=national, english=english) for name in fields]


def exported(session: Session, ids: Sequence[int], actor: Actor | None) -> Iterator[Exported]:
    """The records that the reader may see, in this order."""
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        rows = {instrument.id: (instrument, policy) for instrument, policy in _chunk(session, chunk, actor)}
        hours, capacities = hours_by_instrument(session, set(rows)), capacities_of(session, set(rows))
        above = above_of(session, [_place(one) for one, _policy in rows.values() if one.inherits])
        for instrument_id in chunk:
            if instrument_id in rows:
                instrument, policy = rows[instrument_id]
                stands_above = above.get(_place(instrument), Above())
                held = effective(instrument, policy, hours.get(instrument_id, []), stands_above)
                yield Exported(
                    instrument,
                    held,
                    capacities.get(instrument_id, 0),
                    is_owner=may(actor, Permission.SEE_RECORD, target_of(instrument)),
                    sees_contact=actor is not None or held.contact_visibility == ContactVisibility.PUBLIC,
                )
        session.expunge_all()


def _place(instrument: Instrument) -> tuple[int, int | None]:
    """Where an instrument stands."""
    return instrument.organisation_id, instrument.unit_id


def seen_by(actor: Actor | None) -> ColumnElement[bool]:
    """Whether the reader may see a record: what is public, and what they run or review."""
    return or_(Instrument.publishing_state == PublishingState.PUBLISHED, within(reach(actor, Permission.SEE_RECORD)))


def _chunk(session: Session, ids: Sequence[int], actor: Actor | None) -> Sequence[Any]:
    """Some records with owner, unit and policy; what the reader may not see is not among them."""
    return session.execute(
        select(Instrument, BookingPolicy)
        .join(Organisation, Organisation.id == Instrument.organisation_id)
        .outerjoin(Unit, Unit.id == Instrument.unit_id)
        .join(BookingPolicy, BookingPolicy.instrument_id == Instrument.id)
        .options(contains_eager(Instrument.organisation), contains_eager(Instrument.unit))
        .where(Instrument.id.in_(ids), seen_by(actor))
    ).all()


def own_ids(session: Session, actor: Actor, *, state: PublishingState | None, words: str) -> list[int]:
    """The records that the person runs or may see before they are public, the last changed first."""
    statement = select(Instrument.id).where(within(reach(actor, Permission.SEE_RECORD)))
    if state is not None:
        statement = statement.where(Instrument.publishing_state == state)
    if words:
        columns = (Instrument.name_zh, Instrument.name_en, Instrument.model, Instrument.inner_id)
        statement = statement.where(or_(*(column.icontains(words, autoescape=True) for column in columns)))
    return list(session.scalars(statement.order_by(Instrument.updated_at.desc(), Instrument.id.desc())))


def _cell(found: Exported, name: str, *, national: bool, english: bool) -> str:
    """One field as text."""
    if found.hides(name):
        return ""
    if name in WORDS:
        return _word(found.instrument, name, national=national, english=english)
    if name in _SPECIAL:
        return _SPECIAL[name](found)
    if name in CONTACT:
        return found.effective.contact[name]
    value = getattr(found.effective.policy if name in POLICY else found.instrument, name)
    return "" if value is None else str(value)


def _word(instrument: Instrument, name: str, *, national: bool, english: bool) -> str:
    """A word of a vocabulary: its national code where it has one, its Chinese name, or the word itself."""
    column, names = WORDS[name]
    word = getattr(instrument, column)
    if word is None:
        return ""
    if national and hasattr(word, "code"):
        return str(word.code)
    return str(word.value) if english and not national else names[word]


def _modes(found: Exported) -> str:
    """The ways of use that the policy allows."""
    modes = {"self": found.effective.policy.allows_self, "assisted": found.effective.policy.allows_assisted}
    return ",".join(mode for mode, is_allowed in modes.items() if is_allowed)


def _value(found: Exported) -> str:
    """The original value in 万元."""
    fen = found.instrument.original_value_fen
    return "" if fen is None else wan_from_fen(fen)


def _degrees(value: float | None) -> str:
    """Degrees without an exponent, exactly."""
    return "" if value is None else repr(value)


_SPECIAL: Mapping[str, Callable[[Exported], str]] = {
    "institution": lambda found: found.instrument.organisation.name_zh,
    "unit": lambda found: found.instrument.unit.name_zh if found.instrument.unit else "",
    "unit_en": lambda found: found.instrument.unit.name_en if found.instrument.unit else "",
    "original_value_wan": _value,
    "latitude": lambda found: _degrees(found.instrument.latitude),
    "longitude": lambda found: _degrees(found.instrument.longitude),
    "opens": lambda found: write_hours(found.effective.hours),
    "lanes": lambda found: str(found.capacity or ""),
    "modes": _modes,
    "needs_approval": lambda found: "是" if found.effective.policy.needs_approval else "否",
    "is_sample": lambda found: "是" if found.instrument.is_sample else "否",
}
