"""What kinds of payer accounts, their amounts and their movements are called, as source sentences."""

from booking.core.texts import N_
from models.vocabulary.payers import MovementKind, PayerKind

KINDS = {
    PayerKind.GRANT: N_("项目经费"),
    PayerKind.PREPAID: N_("预付款"),
    PayerKind.DEPOSIT: N_("押金"),
    PayerKind.ON_ACCOUNT: N_("记账（后付）"),
}
TOTALS = {
    PayerKind.GRANT: N_("授权额度"),
    PayerKind.PREPAID: N_("净到账（已扣退款）"),
    PayerKind.DEPOSIT: N_("净到账（已扣退款）"),
    PayerKind.ON_ACCOUNT: N_("信用额度"),
}
LEFT = {
    PayerKind.GRANT: N_("剩余授权额度"),
    PayerKind.PREPAID: N_("余额"),
    PayerKind.DEPOSIT: N_("押金余额"),
    PayerKind.ON_ACCOUNT: N_("剩余信用额度"),
}
MOVEMENTS = {
    MovementKind.RAISED: N_("调高额度"),
    MovementKind.LOWERED: N_("调低额度"),
    MovementKind.TOPPED_UP: N_("充值"),
    MovementKind.REFUNDED: N_("退款"),
    MovementKind.CORRECTED: N_("更正记录"),
    MovementKind.WITHDRAWN: N_("关闭时收回"),
}
FIELDS = {
    "kind": N_("类型"),
    "number": N_("编号"),
    "name": N_("名称"),
    "holder": N_("负责人的邮箱"),
    "budget_item": N_("预算科目"),
    "expires_on": N_("到期日"),
    "provinces": N_("可使用的其他省份"),
    "province_rule": N_("允许跨省使用的规定"),
    "amount_fen": N_("金额"),
    "receipt_number": N_("单据号"),
    "receipt_on": N_("单据日期"),
    "reason": N_("原因"),
    "email": N_("邮箱"),
    "limit_fen": N_("最多使用"),
}

ALSO = N_("同一张单据还登记在其他付款人或其他用途下，共 %(amount)s 元。请核对不是重复登记。")
"""What is said where one paper was recorded elsewhere too."""
