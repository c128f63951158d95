"""The notice on every page of somebody who has not agreed to the text on data in force."""

from flask import session

from booking.accounts import consents
from booking.accounts.views.consenting import version_in_force
from booking.web import signed_in
from booking.web.extensions import reading

KEPT = "agreed"


def consent_is_due() -> bool:
    """Whether the person asking should be shown the notice; once agreed, the cookie saves asking again."""
    actor = signed_in.reader()
    if actor is None or signed_in.uses_token():
        return False
    version = version_in_force()
    known = f"{actor.id}.{version.isoformat()}"
    if session.get(KEPT) == known:
        return False
    if not consents.has_agreed(reading(), actor.id, version):
        return True
    session[KEPT] = known
    return False
