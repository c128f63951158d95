"""What steps and states of new instruments are called, as source sentences."""

from booking.core.texts import N_
from models.vocabulary.arrivals import ArrivalStep, ExemptionState, ReportState

STEP = {
    ArrivalStep.ACCEPTED: N_("验收"),
    ArrivalStep.RECORD: N_("记录完整"),
    ArrivalStep.REVIEW: N_("审查通过并公开"),
    ArrivalStep.TRAINING: N_("培训"),
    ArrivalStep.OPEN: N_("开放预约"),
}
REPORT_STATE = {
    ReportState.DUE: N_("未到期"),
    ReportState.SOON: N_("即将到期"),
    ReportState.OVERDUE: N_("已逾期"),
    ReportState.EXEMPT: N_("免报"),
    ReportState.REPORTED: N_("已公开"),
}
EXEMPTION_STATE = {
    ExemptionState.ASKED: N_("等待答复"),
    ExemptionState.APPROVED: N_("同意免报"),
    ExemptionState.REFUSED: N_("不同意免报"),
}
