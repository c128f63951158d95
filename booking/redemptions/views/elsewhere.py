"""What a claimant records of a redemption that is decided elsewhere: that it was handed in, and what came of it."""

from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.attachments.uploads import limits_for
from booking.core.clock import utcnow
from booking.redemptions import elsewhere
from booking.redemptions.forms import PaidElsewhereForm, RedemptionRejectionPage, SubmittedElsewherePage
from booking.redemptions.views.claims import KIND, taken
from booking.redemptions.views.steps import read_claw_back, reviewed, uploaded
from booking.web.reading import read_form
from booking.web.signed_in import require_actor, signed_in
from booking.web.uploads import takes_files


@signed_in
def submitted(redemption_id: int) -> ResponseReturnValue:
    """Record on which day it was handed in there."""

    def work(session: Session) -> int:
        form = read_form(SubmittedElsewherePage)
        return elsewhere.record_submitted(session, redemption_id, form, actor=require_actor(), now=utcnow()).id

    return taken(redemption_id, work, _("已记下提交日期；有了结果再来登记。"))


@takes_files
@signed_in
def paid(redemption_id: int) -> ResponseReturnValue:
    """Record what was approved and paid there."""
    files = uploaded(redemption_id)

    def work(session: Session) -> int:
        form = reviewed(PaidElsewhereForm, "paid_on", "receipt_number")
        kept = files(), limits_for(KIND)
        return elsewhere.record_paid(session, redemption_id, form, actor=require_actor(), now=utcnow(), files=kept).id

    return taken(redemption_id, work, _("结果已登记。"))


@takes_files
@signed_in
def refused(redemption_id: int) -> ResponseReturnValue:
    """Record that it was refused there."""
    files = uploaded(redemption_id)

    def work(session: Session) -> int:
        form, kept = read_form(RedemptionRejectionPage), (files(), limits_for(KIND))
        return elsewhere.record_refused(
            session, redemption_id, form, actor=require_actor(), now=utcnow(), files=kept
        ).id

    return taken(redemption_id, work, _("结果已登记。"))


@takes_files
@signed_in
def clawed_back(redemption_id: int) -> ResponseReturnValue:
    """Record that some of what was paid there was given back."""
    files = uploaded(redemption_id)

    def work(session: Session) -> int:
        form, kept = read_claw_back(), (files(), limits_for(KIND))
        return elsewhere.record_clawed_back(
            session, redemption_id, form, actor=require_actor(), now=utcnow(), files=kept
        ).id

    return taken(redemption_id, work, _("退回已登记。"))


@takes_files
@signed_in
def papers(redemption_id: int) -> ResponseReturnValue:
    """Keep more papers of what came of it."""
    files = uploaded(redemption_id, needed=True)

    def work(session: Session) -> int:
        kept = files(), limits_for(KIND)
        return elsewhere.add_outcome_papers(session, redemption_id, kept, actor=require_actor(), now=utcnow()).id

    return taken(redemption_id, work, _("证明已保存。"))
