"""Where vouchers can be used: which programmes in force accept which providers, for what, up to which share."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Row, Select, and_, or_, select
from sqlalchemy.orm import Session

from booking.core.places import province_of
from booking.recognitions.queries import holding_on
from models.directory import Organisation
from models.programmes import Programme, ProgrammeVersion
from models.recognitions import Recognition
from models.vocabulary.programmes import ServiceType
from models.vocabulary.recognitions import RecognitionKind


@dataclass(frozen=True, slots=True)
class Offer:
    """A programme whose vouchers pay a share (basis points) of what a provider does; `is_home`: of its own province."""

    programme_id: int
    province: str
    authority_id: int
    authority: tuple[str, str]
    share: int
    is_home: bool


@dataclass(frozen=True, slots=True)
class Offers:
    """What can be used where on a day: offers by provider and type of service, the highest share first."""

    by_provider: Mapping[int, Mapping[ServiceType, tuple[Offer, ...]]] = field(default_factory=dict)

    def at(self, provider_id: int, service_type: ServiceType) -> tuple[Offer, ...]:
        """The programmes whose vouchers can be used at a provider for a type of service."""
        return self.by_provider.get(provider_id, {}).get(service_type, ())


def offers_on(session: Session, day: date) -> Offers:
    """Where which vouchers can be used on a day; two statements however many providers there are."""
    programmes = _in_force(session, day)
    if not programmes:
        return Offers()
    rows = _register(session, {one.authority_id for one in programmes}, day)
    from_there = {
        (one.organisation_id, province_of(one.province), one.service_type)
        for one in rows
        if one.kind == RecognitionKind.SERVICE_TYPE
    }
    found: defaultdict[int, defaultdict[ServiceType, dict[int, Offer]]] = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        if row.kind != RecognitionKind.PROVIDER:
            continue
        for version in programmes:
            if version.authority_id == row.organisation_id:
                for kind, offer in _offers(version, row, from_there):
                    found[row.provider_id][kind][offer.programme_id] = offer
    return Offers({one: {kind: _ordered(of.values()) for kind, of in kinds.items()} for one, kinds in found.items()})


def _offers(
    version: Row[Any], row: Row[Any], from_there: set[tuple[int, str, ServiceType]]
) -> Iterable[tuple[ServiceType, Offer]]:
    """What one programme pays at one provider, by type of service; the same rule as `queries.accepts`."""
    province, there = province_of(version.adcode), province_of(row.adcode)
    authority = version.name_zh, version.name_en
    for name, share in version.shares.items():
        kind = ServiceType(name)
        is_meant = row.service_type in {None, kind}
        if is_meant and (province == there or (row.organisation_id, there, kind) in from_there):
            yield (
                kind,
                Offer(version.programme_id, province, version.authority_id, authority, share, province == there),
            )


def _ordered(offers: Iterable[Offer]) -> tuple[Offer, ...]:
    """The highest share first, of equal ones that of the provider's own province."""
    return tuple(sorted(offers, key=lambda one: (-one.share, not one.is_home, one.programme_id)))


def _in_force(session: Session, day: date) -> list[Row[Any]]:
    """What each programme says on a day on which its vouchers can be used."""
    written: Select[*tuple[Any, ...]] = (
        select(
            ProgrammeVersion.programme_id,
            ProgrammeVersion.shares,
            ProgrammeVersion.counts_from,
            ProgrammeVersion.use_by,
            Programme.organisation_id.label("authority_id"),
            Organisation.adcode,
            Organisation.name_zh,
            Organisation.name_en,
        )
        .join(Programme, Programme.id == ProgrammeVersion.programme_id)
        .join(Organisation, Organisation.id == Programme.organisation_id)
        .where(ProgrammeVersion.valid_from <= day)
        .order_by(ProgrammeVersion.valid_from, ProgrammeVersion.number)
    )
    newest: dict[int, Row[Any]] = {row.programme_id: row for row in session.execute(written)}
    return [row for row in newest.values() if row.counts_from <= day <= row.use_by]


def _register(session: Session, authority_ids: Iterable[int], day: date) -> Sequence[Row[Any]]:
    """What these authorities accept of providers and of types of service on a day."""
    kinds = or_(Recognition.kind == RecognitionKind.PROVIDER, Recognition.kind == RecognitionKind.SERVICE_TYPE)
    accepted: Select[*tuple[Any, ...]] = (
        select(
            Recognition.organisation_id,
            Recognition.kind,
            Recognition.provider_id,
            Recognition.province,
            Recognition.service_type,
            Organisation.adcode,
        )
        .outerjoin(Organisation, Organisation.id == Recognition.provider_id)
        .where(and_(kinds, Recognition.organisation_id.in_(sorted(authority_ids))), *holding_on(day))
    )
    rows: Sequence[Row[Any]] = session.execute(accepted).all()
    return rows
