"""What a finance office takes away from its pages."""

from flask import Response

from booking.accounts.permissions import Permission
from booking.statements import files
from booking.statements.forms import BatchPage, ToBillPage
from booking.statements.views.finance import place_for
from booking.web.extensions import reading
from booking.web.reading import read_query
from booking.web.signed_in import signed_in


@signed_in
def ageing(organisation_id: int, suffix: str) -> Response:
    """The ageing list as a table."""
    return files.ageing_file(reading(), _place_id(organisation_id), suffix)


@signed_in
def to_bill(organisation_id: int, suffix: str) -> Response:
    """What is to be billed as a table."""
    return files.to_bill_file(reading(), _place_id(organisation_id), read_query(ToBillPage).until_on, suffix)


@signed_in
def statements(organisation_id: int) -> Response:
    """Many statements as one file."""
    return files.batch_file(reading(), _place_id(organisation_id), read_query(BatchPage))


def _place_id(organisation_id: int) -> int:
    """The institution, for who reads its statements; raises NotFound and Forbidden."""
    return place_for(organisation_id, Permission.SEE_STATEMENTS).id
