"""Reading programmes: which version holds on a day, and everything that one ever said."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from booking.accounts.permissions import Permission, reach
from booking.core.actors import Actor
from booking.core.errors import NotFound
from booking.programmes.rules import Terms
from models.directory import Organisation, Place
from models.programmes import Programme, ProgrammeVersion
from models.vocabulary.directory import OrganisationKind
from models.vocabulary.programmes import Exclusion, ServiceType


@dataclass(frozen=True, slots=True)
class Shown:
    """A programme with the version that holds on a day; before its first day, the version that holds first."""

    programme: Programme
    version: ProgrammeVersion

    def is_in_force(self, day: date) -> bool:
        """Whether it counts on a day: it has begun, and what was used may still be redeemed."""
        version = self.version
        return max(version.valid_from, version.counts_from) <= day <= version.redeem_by


def terms_of(version: ProgrammeVersion | Row[Any]) -> Terms:
    """A version, or a row with its columns, as the rules read it."""
    return Terms(
        shares={ServiceType(name): share for name, share in version.shares.items()},
        exclusions=frozenset(Exclusion(name) for name in version.exclusions),
        **{name: getattr(version, name) for name in Terms.__dataclass_fields__ if name not in {"shares", "exclusions"}},
    )


def programme(session: Session, programme_id: int) -> Programme:
    """The programme with its authority; raises NotFound."""
    whole = select(Programme).options(joinedload(Programme.organisation, innerjoin=True))
    found = session.scalar(whole.where(Programme.id == programme_id))
    if found is None:
        raise NotFound
    return found


def versions_of(session: Session, programme_id: int) -> Sequence[ProgrammeVersion]:
    """Everything that a programme said, says and will say, the newest first."""
    written = select(ProgrammeVersion).where(ProgrammeVersion.programme_id == programme_id)
    return session.scalars(written.order_by(ProgrammeVersion.number.desc())).all()


def version_on(session: Session, programme_id: int, day: date) -> ProgrammeVersion | None:
    """The version that holds on a day: of those that have begun the last day's, and of that day's the newest."""
    begun = ProgrammeVersion.programme_id == programme_id, ProgrammeVersion.valid_from <= day
    latest = ProgrammeVersion.valid_from.desc(), ProgrammeVersion.number.desc()
    return session.scalar(select(ProgrammeVersion).where(*begun).order_by(*latest).limit(1))


def shown(session: Session, programme_id: int, day: date) -> Shown:
    """A programme as it is read on a day; raises NotFound."""
    found = programme(session, programme_id)
    return Shown(found, chosen(versions_of(session, programme_id), day))


def programmes(session: Session, day: date) -> list[Shown]:
    """Every programme as it is read on a day, the latest year first; one statement however many there are."""
    rows = session.scalars(
        select(ProgrammeVersion)
        .join(ProgrammeVersion.programme)
        .join(Programme.organisation)
        .options(contains_eager(ProgrammeVersion.programme).contains_eager(Programme.organisation))
        .order_by(Programme.year.desc(), Organisation.adcode, Programme.id, ProgrammeVersion.number.desc())
    )
    by_programme: dict[int, list[ProgrammeVersion]] = {}
    for row in rows:
        by_programme.setdefault(row.programme_id, []).append(row)
    return [Shown(rows[0].programme, chosen(rows, day)) for rows in by_programme.values()]


def chosen(versions: Iterable[ProgrammeVersion], day: date) -> ProgrammeVersion:
    """Of a programme's versions the one that holds on a day, else the one that will hold first."""
    found = list(versions)
    begun = [one for one in found if one.valid_from <= day]
    if begun:
        return max(begun, key=lambda one: (one.valid_from, one.number))
    return min(found, key=lambda one: (one.valid_from, -one.number))


def jurisdiction(session: Session, programme: Programme) -> tuple[str, str]:
    """What the province, city or district is called, in both languages, whose firms may apply."""
    found = session.get(Place, programme.organisation.adcode) if programme.organisation.adcode else None
    return (found.name_zh, found.name_en) if found else (programme.organisation.name_zh, programme.organisation.name_en)


def authorities_of(session: Session, actor: Actor | None, permission: Permission) -> Sequence[Organisation]:
    """The authorities for which somebody holds the permission, by name."""
    ids = reach(actor, permission).organisation_ids
    if not ids:
        return ()
    own = select(Organisation).where(Organisation.id.in_(ids), Organisation.kind == OrganisationKind.AUTHORITY)
    return session.scalars(own.order_by(Organisation.name_zh, Organisation.id)).all()
