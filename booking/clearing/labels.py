"""What everything of clearing is called, as source sentences."""

from booking.core.texts import N_
from models.vocabulary.clearing import ClearingState, ClearingStep, Figure
from models.vocabulary.programmes import BorderWay

FIGURES = {
    Figure.CAPTURED: N_("用券（核销）"),
    Figure.GIVEN_BACK: N_("退回"),
    Figure.NOT_APPROVED: N_("核减和过期"),
    Figure.PAID: N_("兑付"),
    Figure.CLAWED_BACK: N_("追回"),
    Figure.OWED: N_("应结算"),
}
WAYS = {
    BorderWay.HOME_PAYS: N_("发券方直接支付"),
    BorderWay.ADVANCE_THEN_NET: N_("服务方所在省市先垫付"),
}
STATES = {
    ClearingState.EMPTY: (N_("没有记账"), "plain", "–"),
    ClearingState.OPEN: (N_("本月未结束"), "plain", "…"),
    ClearingState.DUE: (N_("待关账"), "attention", "!"),
    ClearingState.CLOSED: (N_("待对方确认"), "attention", "…"),
    ClearingState.OBJECTED: (N_("有异议"), "wrong", "!"),
    ClearingState.CONFIRMED: (N_("待划款"), "attention", "…"),
    ClearingState.SETTLED: (N_("已结清"), "right", "✓"),
}
STEPS = {
    ClearingStep.CONFIRM: N_("已确认"),
    ClearingStep.OBJECT: N_("提出异议"),
    ClearingStep.ANSWER: N_("留言"),
    ClearingStep.SETTLE: N_("已登记划款"),
    ClearingStep.REVERSE: N_("已撤销划款登记"),
}
FIELDS = {
    "month": N_("月份"),
    "text": N_("内容"),
    "is_objection": N_("这是异议"),
    "settled_on": N_("到账日期"),
    "receipt": N_("银行回单号"),
    "reason": N_("撤销的原因"),
}
