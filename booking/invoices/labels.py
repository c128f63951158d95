"""What kinds of invoices, their fields and what does not agree are called, as source sentences."""

from booking.core.texts import N_
from booking.invoices.rules import Difference
from models.vocabulary.invoices import InvoiceKind

KINDS = {
    InvoiceKind.ORDINARY: N_("普通发票"),
    InvoiceKind.SPECIAL: N_("专用发票"),
}
WARNINGS = {
    Difference.TITLE_NOT_PAYER: N_("抬头与经费账户所在单位的名称不同。"),
    Difference.TAX_NUMBER_NOT_PAYER: N_("税号与经费账户所在单位的统一社会信用代码不同。"),
    Difference.TITLE_NOT_HOLDER: N_("抬头既不是账户负责人，也不是其所属单位。"),
    Difference.STATEMENT_OF_OTHER_HOLDER: N_("结算单出具时由另一位负责人负责。"),
    Difference.MORE_THAN_BILLED: N_("开给这个付款人的发票合计多于结算单合计（已减冲减），请核对是否需要红冲。"),
    Difference.MORE_THAN_PAID_IN: N_("为这个账户充值开的发票多于充值合计（已减退款），请核对是否需要红冲。"),
    Difference.INVOICED_TWICE: N_("这个账户的充值已经开票，从充值中扣除的费用又开了票，请核对是否重复开票。"),
    Difference.TITLE_NOT_CONTRACT: N_("抬头与这些使用所依据合同的对方名称不同。"),
    Difference.TAX_NUMBER_NOT_CONTRACT: N_("税号与这些使用所依据合同的对方统一社会信用代码不同。"),
    Difference.PAYER_NOT_CONTRACT: N_("付款人与这些使用所依据合同的对方不是同一单位。"),
    Difference.TITLE_NOT_VOUCHER: N_("抬头与这些使用所用创新券的企业名称不同。"),
    Difference.TAX_NUMBER_NOT_VOUCHER: N_("税号与这些使用所用创新券的企业统一社会信用代码不同。"),
    Difference.PAYER_NOT_VOUCHER: N_("付款人与这些使用所用创新券的企业不是同一单位。"),
    Difference.CONTRACT_NOT_VOUCHER: N_("合同的对方与这些使用所用创新券的企业不是同一单位。"),
}
FIELDS = {
    "kind": N_("发票种类"),
    "number": N_("发票号码"),
    "issued_on": N_("开票日期"),
    "title": N_("抬头"),
    "tax_number": N_("税号"),
    "rate": N_("税率"),
    "items": N_("所含结算单"),
    "gives_up_vouchers": N_("开票日期无误，创新券不再支付上述金额"),
    "paid_in": N_("所含充值"),
    "amount_fen": N_("含税金额"),
    "reason": N_("原因"),
    "withdrawn_for": N_("撤回登记的原因"),
    "files": N_("发票文件"),
}
