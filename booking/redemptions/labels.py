"""What states, steps, reasons and fields of redemptions are called, as source sentences."""

from booking.core.texts import N_
from models.vocabulary.attachments import OwnerKind
from models.vocabulary.programmes import BearsDifference, RedeemedBy
from models.vocabulary.redemptions import FlagKind, PaymentKind, RedemptionState, RedemptionStep, Unclaimable
from models.vocabulary.vouchers import CaptureKind

STATES = {
    RedemptionState.REQUESTED: (N_("待初审"), "attention", "○"),
    RedemptionState.SUBMITTED: (N_("已在那里提交"), "action", "◔"),
    RedemptionState.REVIEWED: (N_("待复审"), "attention", "◐"),
    RedemptionState.NOTICE: (N_("公示中"), "action", "◑"),
    RedemptionState.PAID: (N_("已兑付"), "right", "✓"),
    RedemptionState.REJECTED: (N_("已驳回"), "wrong", "×"),
    RedemptionState.WITHDRAWN: (N_("已撤回"), "plain", "×"),
}
STATES_ELSEWHERE = {
    RedemptionState.REQUESTED: (N_("材料准备中"), "attention", "○"),
    RedemptionState.REJECTED: (N_("那里未批准"), "wrong", "×"),
}
"""The same where it is decided elsewhere, as far as that is another thing."""
STEPS = {
    RedemptionStep.REQUEST: N_("提交申请"),
    RedemptionStep.SUBMIT: N_("已在那里提交"),
    RedemptionStep.CITY_REVIEW: N_("初审已通过"),
    RedemptionStep.PROVINCE_REVIEW: N_("复审已通过，开始公示"),
    RedemptionStep.PAY: N_("已兑付"),
    RedemptionStep.CLAW_BACK: N_("已追回款项"),
    RedemptionStep.REJECT: N_("已驳回"),
    RedemptionStep.WITHDRAW: N_("申请已撤回"),
}
STEPS_ELSEWHERE = {
    RedemptionStep.REQUEST: N_("开始整理材料"),
    RedemptionStep.PAY: N_("那里已兑付"),
    RedemptionStep.CLAW_BACK: N_("已退回那里"),
    RedemptionStep.REJECT: N_("那里未批准"),
}
"""The same where it is decided elsewhere, as far as that is another thing."""
PAYMENTS = {PaymentKind.PAID: N_("付款"), PaymentKind.CLAWED_BACK: N_("追回")}
PAYMENTS_ELSEWHERE = {PaymentKind.CLAWED_BACK: N_("退回款项")}
"""The same where it is decided elsewhere, as far as that is another thing."""
UNCLAIMABLE = {
    Unclaimable.NOT_ACCEPTED: N_("付款人还没有接受这笔费用。"),
    Unclaimable.NOT_INVOICED: N_("还没有全额开票；结算单开具发票后才能申请。"),
    Unclaimable.NO_WINDOW: N_("现在不在受理批次内。"),
    Unclaimable.INVOICE_OUTSIDE: N_("发票日期不在这一批次的范围内。"),
    Unclaimable.SERVICE_OUTSIDE: N_("使用日期不在这一批次的范围内。"),
    Unclaimable.AFTER_REDEEM_BY: N_("已过兑付截止日。"),
    Unclaimable.FROZEN: N_("创新券被冻结。"),
}
REFUSED = {
    Unclaimable.NOT_ACCEPTED: N_("%(voucher)s（%(day)s 使用）：付款人还没有接受这笔费用。"),
    Unclaimable.NOT_INVOICED: N_("%(voucher)s（%(day)s 使用）：还没有全额开票。"),
    Unclaimable.NO_WINDOW: N_("%(voucher)s（%(day)s 使用）：现在不在受理批次内。"),
    Unclaimable.INVOICE_OUTSIDE: N_("%(voucher)s（%(day)s 使用）：发票日期不在这一批次的范围内。"),
    Unclaimable.SERVICE_OUTSIDE: N_("%(voucher)s（%(day)s 使用）：使用日期不在这一批次的范围内。"),
    Unclaimable.AFTER_REDEEM_BY: N_("%(voucher)s（%(day)s 使用）：已过兑付截止日。"),
    Unclaimable.FROZEN: N_("%(voucher)s（%(day)s 使用）：创新券被冻结。"),
}
NEXT = {
    Unclaimable.NO_WINDOW: N_("现在不在受理批次内；下一批从 %(opens)s 起受理。"),
    Unclaimable.INVOICE_OUTSIDE: N_("发票日期不在这一批次的范围内；下一批从 %(opens)s 起受理。"),
    Unclaimable.SERVICE_OUTSIDE: N_("使用日期不在这一批次的范围内；下一批从 %(opens)s 起受理。"),
}
"""The same where another batch takes it later."""
REFUSED_NEXT = {
    Unclaimable.NO_WINDOW: N_("%(voucher)s（%(day)s 使用）：现在不在受理批次内；下一批从 %(opens)s 起受理。"),
    Unclaimable.INVOICE_OUTSIDE: N_(
        "%(voucher)s（%(day)s 使用）：发票日期不在这一批次的范围内；下一批从 %(opens)s 起受理。"
    ),
    Unclaimable.SERVICE_OUTSIDE: N_(
        "%(voucher)s（%(day)s 使用）：使用日期不在这一批次的范围内；下一批从 %(opens)s 起受理。"
    ),
}
BEARS = {
    BearsDifference.ENTERPRISE: N_("核减的差额由企业承担。"),
    BearsDifference.PROVIDER: N_("核减的差额由服务机构承担。"),
}
CLAIMANTS = {RedeemedBy.ENTERPRISE: N_("企业（已全额付款）"), RedeemedBy.PROVIDER: N_("服务机构（已在账单中抵扣）")}
CAPTURES = {CaptureKind.REJECTED: N_("兑付未核准"), CaptureKind.LAPSED: N_("过期未兑付")}
USED = {True: N_("抵扣费用"), False: N_("退回费用的抵扣")}
"""What a capture is of, by why it was made, else by whether it took something."""
FLAGS = {
    FlagKind.STATUTORY: N_("声明为法律法规或强制性标准要求的检测"),
    FlagKind.RELATED: N_("声明企业与服务机构有关联关系"),
    FlagKind.FUNDED: N_("声明已有其他财政资金资助"),
    FlagKind.FLAGGED: N_("主管部门登记为有关联关系"),
}
HANDED_IN = N_("申请单位上传")
ORIGINS = {OwnerKind.INVOICE: N_("开票登记"), OwnerKind.CONTRACT: N_("合同登记")}
"""Where files of the pack come from that nobody handed in for it."""
FIELDS = {
    "organisation_id": N_("申请单位"),
    "programme_id": N_("政策"),
    "items": N_("申请的金额"),
    "note": N_("说明"),
    "reason": N_("原因"),
    "approved_fen": N_("核准金额"),
    "is_final": N_("不予兑付，金额退回政策预算"),
    "submitted_on": N_("在那里提交的日期"),
    "paid_on": N_("日期"),
    "receipt_number": N_("银行回单号"),
    "amount_fen": N_("追回金额"),
    "item_id": N_("哪一项"),
    "document": N_("材料"),
    "files": N_("文件"),
    "paid_from": N_("兑付日期从"),
    "paid_until": N_("到"),
    "share": N_("比例"),
    "count": N_("数量"),
    "seed": N_("随机种子"),
    "redemption_id": N_("哪一份申请"),
    "drawn": N_("哪一份申请"),
    "is_in_order": N_("核查结果"),
    "note_found": N_("核查说明"),
}
