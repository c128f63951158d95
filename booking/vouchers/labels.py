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
    VoucherStep.REGISTER: N_("登记"),
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
STEPS_ELSEWHERE = {
    VoucherStep.RETURN: N_("注销登记"),
    VoucherStep.EXPIRE: N_("使用截止日已过，余额不再使用"),
}
"""The same where a voucher lives elsewhere, as far as that is another thing."""
HINTS_ELSEWHERE = {
    VoucherStep.RETURN: N_("余额不再用于新的预约和委托，可以按正确的内容重新登记；已经预留的照常计算。"),
    VoucherStep.REVOKE: N_("登记与那里不符时撤销，不能恢复；已经预留的照常计算。"),
}
FIELDS = {
    "organisation_id": N_("企业"),
    "programme_id": N_("政策"),
    "number_there": N_("那里的券号"),
    "face_fen": N_("面额（元）"),
    "use_by": N_("使用截止日"),
    "redeem_by": N_("兑付截止日"),
    "files": N_("证明（PDF 或图片）"),
    "reason": N_("原因"),
    "authority_id": N_("主管部门"),
    "firm": N_("企业"),
    "provider": N_("服务机构"),
    "is_related": N_("关联关系"),
}


def step_of(step: VoucherStep, number_there: str | None) -> str:
    """What a step is called of a voucher, which has a number there where it lives elsewhere."""
    return STEPS[step] if number_there is None else STEPS_ELSEWHERE.get(step, STEPS[step])


def hint_of(step: VoucherStep, number_there: str | None) -> str:
    """What a step does with such a voucher."""
    return HINTS[step] if number_there is None else HINTS_ELSEWHERE.get(step, HINTS[step])
