"""What states, kinds, steps and problems of charges are called, with the kind and sign of their chips."""

from booking.charges.figures import Whose
from booking.charges.queries import Show
from booking.core.texts import N_
from models.vocabulary.charges import ChargeKind, ChargeProblem, ChargeState, ChargeStep

STATES = {
    ChargeState.ESTIMATED: N_("预计"),
    ChargeState.FINAL: N_("待接受"),
    ChargeState.ADJUSTED: N_("已调整，待接受"),
    ChargeState.DISPUTED: N_("有异议"),
    ChargeState.ACCEPTED: N_("已接受"),
    ChargeState.BILLED: N_("已结算"),
    ChargeState.PAID: N_("已付清"),
    ChargeState.WAIVED: N_("已免收"),
    ChargeState.CANCELLED: N_("已作废"),
}
STATE_LOOKS = {
    ChargeState.ESTIMATED: ("plain", "…"),
    ChargeState.FINAL: ("attention", "?"),
    ChargeState.ADJUSTED: ("attention", "±"),
    ChargeState.DISPUTED: ("wrong", "!"),
    ChargeState.ACCEPTED: ("right", "✓"),
    ChargeState.BILLED: ("action", "="),
    ChargeState.PAID: ("right", "✓"),
    ChargeState.WAIVED: ("plain", "–"),
    ChargeState.CANCELLED: ("plain", "×"),
}
KINDS = {
    ChargeKind.USE: N_("使用"),
    ChargeKind.LATE_CANCELLATION: N_("逾时取消"),
    ChargeKind.NO_SHOW: N_("预约未到"),
    ChargeKind.SAMPLES: N_("送样测试"),
}
PROBLEMS = {
    ChargeProblem.NOT_PRICED: N_("无法定价"),
    ChargeProblem.PAYER_SHORT: N_("经费不足"),
}
WHY_PROBLEM = {
    ChargeProblem.NOT_PRICED: N_("收费标准没有说明这次使用的价格。请填写金额，或者免收。"),
    ChargeProblem.PAYER_SHORT: N_("经费账户不够支付，还缺 %(missing)s。补足后可再次扣款，也可改为线下结算。"),
}
STEPS = {
    ChargeStep.MAKE: N_("产生费用"),
    ChargeStep.FINISH: N_("时间已过，费用确定"),
    ChargeStep.ACCEPT: N_("接受"),
    ChargeStep.DISPUTE: N_("对费用提出异议"),
    ChargeStep.WRITE: N_("留言"),
    ChargeStep.UPHOLD: N_("维持原金额"),
    ChargeStep.ADJUST: N_("调整"),
    ChargeStep.WAIVE: N_("免收"),
    ChargeStep.CANCEL: N_("作废"),
    ChargeStep.TAKE_REST: N_("再次扣款"),
    ChargeStep.ON_PAPER: N_("余款线下结算"),
    ChargeStep.BILL: N_("列入结算单"),
    ChargeStep.SETTLE: N_("结算单已付清"),
    ChargeStep.REOPEN: N_("收款有更正，结算单未付清"),
    ChargeStep.INVOICE: N_("按开票日期重新计算创新券"),
}
BY_SILENCE = N_("到期未提出异议，视为接受")
SHOW = {
    Show.OPEN: N_("未结"),
    Show.DISPUTED: N_("有异议"),
    Show.PROBLEMS: N_("待解决"),
    Show.ALL: N_("全部"),
}
WHOSE = {
    Whose.OWN: N_("我的使用和送样"),
    Whose.ANSWERED: N_("我负责的经费账户"),
    Whose.FIRMS: N_("我的企业"),
    Whose.STAFFED: N_("我管理的仪器"),
}
FIELDS = {
    "reason": N_("原因"),
    "text": N_("留言"),
    "change_fen": N_("增减金额（元）"),
    "name": N_("新的一行叫什么"),
}
