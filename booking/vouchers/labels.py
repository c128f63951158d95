"""What states and steps of vouchers are called, with the kind and sign of their chips."""

from booking.core.texts import N_
from models.vocabulary.vouchers import VoucherState, VoucherStep

STATES = {
    VoucherState.ISSUED: N_("可使用"),
    VoucherState.FROZEN: N_("已冻结待查"),
    VoucherState.RETURNED: N_("已交回"),
    VoucherState.EXPIRED: N_("已过期"),
    VoucherState.REVOKED: N_("已撤销"),
}
STATE_LOOKS = {
    VoucherState.ISSUED: ("right", "✓"),
    VoucherState.FROZEN: ("attention", "!"),
    VoucherState.RETURNED: ("plain", "↩"),
    VoucherState.EXPIRED: ("plain", "–"),
    VoucherState.REVOKED: ("wrong", "×"),
}
STEPS = {
    VoucherStep.ISSUE: N_("发放"),
    VoucherStep.FREEZE: N_("冻结待查"),
    VoucherStep.THAW: N_("解除冻结"),
    VoucherStep.RETURN: N_("登记交回"),
    VoucherStep.EXPIRE: N_("使用截止日已过，收回余额"),
    VoucherStep.REVOKE: N_("撤销"),
}
HINTS = {
    VoucherStep.FREEZE: N_("冻结期间不能再用于新的预约和委托；已经预留的照常抵扣。"),
    VoucherStep.THAW: N_("解除后企业可以继续使用。"),
    VoucherStep.RETURN: N_("余额收回到预算，不能再使用；已经预留的照常抵扣。"),
    VoucherStep.REVOKE: N_("余额收回到预算，不能恢复；已经预留的照常抵扣。"),
}
FIELDS = {
    "reason": N_("原因"),
    "authority_id": N_("主管部门"),
    "firm": N_("企业"),
    "provider": N_("服务机构"),
    "is_related": N_("关联关系"),
}
