"""Which authority acts for a whole province: it alone binds the province towards others."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Row, exists, select
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, reach
from booking.core.actors import Actor
from booking.core.places import PROVINCE_ENDING, province_of
from models.directory import Organisation
from models.programmes import Programme
from models.vocabulary.directory import OrganisationKind
from models.vouchers import Voucher, VoucherCapture


def authorities_of(session: Session, provinces: Collection[str]) -> dict[str, int]:
    """The one authority of each province, by the first two digits of its code; provinces that have none are left out.

    It is the authority that stands at the province itself, the one with programmes first. Where there is none, the
    first whose vouchers were used across the border. An office of a district or a city never acts for its province
    otherwise. At most two statements.
    """
    issues = exists().where(Programme.organisation_id == Organisation.id)
    own = select(Organisation.id, Organisation.adcode).where(
        Organisation.kind == OrganisationKind.AUTHORITY,
        Organisation.adcode.in_([one + PROVINCE_ENDING for one in provinces]),
    )
    found = _first(session.execute(own.order_by(issues.desc(), Organisation.id)).all())
    missing = set(provinces) - found.keys()
    return found | _across(session, missing) if missing else found


def acting_for(session: Session, actor: Actor | None, permission: Permission) -> Mapping[str, int]:
    """The provinces for which somebody may act with a permission, each with its authority."""
    ids = reach(actor, permission).organisation_ids
    if not ids:
        return {}
    places = session.scalars(select(Organisation.adcode).where(Organisation.id.in_(ids)))
    offices = authorities_of(session, {province_of(one) for one in places if one})
    return {province: key for province, key in offices.items() if key in ids}


def _across(session: Session, provinces: Collection[str]) -> dict[str, int]:
    """The first authority of each province whose vouchers were used in another one."""
    crossed = exists().where(
        VoucherCapture.voucher_id == Voucher.id,
        Voucher.programme_id == Programme.id,
        Programme.organisation_id == Organisation.id,
        VoucherCapture.issuer_province != VoucherCapture.provider_province,
    )
    rows = select(Organisation.id, Organisation.adcode).where(Organisation.kind == OrganisationKind.AUTHORITY, crossed)
    found = _first(session.execute(rows.order_by(Organisation.id)).all())
    return {province: key for province, key in found.items() if province in provinces}


def _first(rows: Sequence[Row[int, str | None]]) -> dict[str, int]:
    """The first authority of each province."""
    return {province_of(adcode): key for key, adcode in reversed(rows)}
