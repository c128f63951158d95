"""The voucher that an application led to, with the version of the programme under which it was issued."""

from sqlalchemy.orm import Session

from booking.applications.queries import application_for
from booking.core.actors import Actor
from booking.core.errors import NotFound
from models.applications import VoucherApplication
from models.programmes import ProgrammeVersion
from models.vouchers import Voucher


def voucher_of(
    session: Session, application_id: int, actor: Actor
) -> tuple[VoucherApplication, Voucher, ProgrammeVersion]:
    """For who may read the application; raises NotFound, also while there is none."""
    found, _side = application_for(session, application_id, actor)
    if found.voucher is None:
        raise NotFound
    return found, found.voucher, session.get_one(ProgrammeVersion, found.voucher.programme_version_id)
