"""What kinds, parts of lists, receipts and ages are called, as source sentences."""

from booking.core.texts import N_
from booking.statements.queries import Show
from booking.statements.rules import Age, Came, Moved
from models.vocabulary.statements import ReceiptKind, RunState, StatementKind, Withholding

KINDS = {
    StatementKind.TRANSFER_SLIP: N_("转账单"),
    StatementKind.TAKEN: N_("结算单（从预付款扣除）"),
    StatementKind.TO_PAY: N_("结算单（待付）"),
}
TITLES = {
    StatementKind.TRANSFER_SLIP: N_("大型仪器使用费转账单"),
    StatementKind.TAKEN: N_("大型仪器使用费结算单"),
    StatementKind.TO_PAY: N_("大型仪器使用费结算单"),
}
RUN_STATES = {
    RunState.RUNNING: N_("正在出具"),
    RunState.DONE: N_("已全部处理"),
    RunState.REFUSED: N_("已停止"),
    RunState.FAILED: N_("未能完成"),
}
SHOW = {
    Show.OPEN: N_("未付清"),
    Show.OVERDUE: N_("逾期"),
    Show.ALL: N_("全部"),
}
RECEIPTS = {
    ReceiptKind.RECEIVED: N_("收款"),
    ReceiptKind.REFUNDED: N_("退款"),
    ReceiptKind.CORRECTED: N_("更正"),
}
WITHHOLDING = {
    Withholding.NEVER: N_("不扣留，测完就交付"),
    Withholding.OUTSIDE: N_("外单位的委托，付清后交付"),
    Withholding.EVERYONE: N_("所有委托，付清后交付"),
}
AGES = {
    Age.NOT_DUE: N_("未到期"),
    Age.TO_30: N_("逾期 1–30 天"),
    Age.TO_60: N_("逾期 31–60 天"),
    Age.TO_90: N_("逾期 61–90 天"),
    Age.OVER_90: N_("逾期 90 天以上"),
}
MOVED = {
    Moved.BILLED: N_("出具结算单"),
    Moved.CREDITED: N_("结算单冲减，记在付款人名下"),
    Moved.RECEIVED: N_("收款"),
    Moved.REFUNDED: N_("退款"),
    Moved.CORRECTED: N_("更正"),
    Moved.SETTLED: N_("抵付结算单"),
    Moved.REOPENED: N_("重新打开结算单"),
}
CAME = {
    Came.RECEIVED: N_("结算单收款"),
    Came.REFUNDED: N_("退还多收"),
    Came.CORRECTED: N_("更正收款或退款"),
    Came.TOPPED_UP: N_("账户充值"),
    Came.PAID_BACK: N_("账户退款"),
    Came.TAKEN_BACK: N_("更正充值或退款"),
}
FIELDS = {
    "cut_off_day": N_("每月截止日"),
    "term_ends": N_("学期截止日"),
    "pays_within_days": N_("付款期限"),
    "refuses_overdue": N_("逾期未付时不接受新预约"),
    "withholds_results": N_("送样结果付清后交付"),
    "bank_details": N_("收款账户"),
    "until_on": N_("截止日"),
    "debtors": N_("付款人"),
    "billed_to": N_("所在单位"),
    "amount_fen": N_("金额"),
    "number": N_("单据号"),
    "received_on": N_("单据日期"),
    "reason": N_("说明"),
    "since": N_("自"),
    "until": N_("至"),
    "payer": N_("付款人"),
    "kind": N_("事项"),
}
