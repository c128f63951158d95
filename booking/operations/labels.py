"""What states are called on the pages of operations."""

from booking.core.texts import N_
from models.vocabulary.jobs import RunOutcome
from models.vocabulary.notifications import MailState

OUTCOMES = {
    RunOutcome.RUNNING: N_("正在运行"),
    RunOutcome.DONE: N_("已完成"),
    RunOutcome.FAILED: N_("失败"),
}
MAIL_STATES = {
    MailState.QUEUED: N_("等待寄出"),
    MailState.SENT: N_("已寄出"),
    MailState.SET_ASIDE: N_("已搁置"),
}
OUTCOME_LOOKS = {
    RunOutcome.RUNNING: ("attention", "…"),
    RunOutcome.DONE: ("right", "✓"),
    RunOutcome.FAILED: ("wrong", "!"),
}
MAIL_LOOKS = {
    MailState.QUEUED: ("attention", "…"),
    MailState.SENT: ("right", "✓"),
    MailState.SET_ASIDE: ("wrong", "!"),
}
