"""What rounds of review and decisions are called, as source sentences."""

from booking.core.texts import N_
from models.vocabulary.publishing import ReviewDecision, RoundState

ROUND_STATE = {
    RoundState.OPEN: N_("等待审查"),
    RoundState.APPROVED: N_("审查通过"),
    RoundState.SENT_BACK: N_("已退回"),
    RoundState.WITHHELD: N_("不公开"),
    RoundState.WITHDRAWN: N_("已撤回"),
}
DECISION = {
    ReviewDecision.APPROVED: N_("同意公开"),
    ReviewDecision.SENT_BACK: N_("退回修改"),
    ReviewDecision.WITHHELD: N_("不予公开"),
}
