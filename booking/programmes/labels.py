"""What the parts of a programme are called, why nothing is covered, and which limit decided, as source sentences."""

from booking.core.texts import N_
from models.vocabulary.programmes import (
    BearsDifference,
    BorderWay,
    CountsOn,
    Exclusion,
    Limit,
    MarkKind,
    ProgrammeDocument,
    Reason,
    RedeemedBy,
    ReservesBudget,
    ServiceType,
)

SERVICE_TYPES = {
    ServiceType.INSTRUMENT_SHARING: N_("大型仪器共享"),
    ServiceType.SHARED_LABORATORY: N_("共享实验室"),
    ServiceType.TESTING: N_("检验检测"),
    ServiceType.PROOF_OF_CONCEPT: N_("概念验证"),
    ServiceType.PILOT_SCALE: N_("中试熟化"),
    ServiceType.COMPUTING: N_("高性能算力"),
}
EXCLUSIONS = {
    Exclusion.STATUTORY_TESTING: N_("法律法规或强制性标准要求的检测"),
    Exclusion.SAME_LEGAL_PERSON: N_("企业与服务机构是同一法人"),
    Exclusion.RELATED_PARTY: N_("企业与服务机构有关联关系（企业自行申报，或经办人标记）"),
    Exclusion.FUNDED_OTHERWISE: N_("同一服务已由其他财政资金支持"),
}
DOCUMENTS = {
    ProgrammeDocument.APPLICATION: N_("申请表"),
    ProgrammeDocument.BUSINESS_LICENCE: N_("营业执照"),
    ProgrammeDocument.ENTERPRISE_KIND: N_("企业类型证明"),
    ProgrammeDocument.CONTRACT: N_("服务合同"),
    ProgrammeDocument.INVOICE: N_("发票"),
    ProgrammeDocument.BANK_RECEIPT: N_("银行入账单"),
    ProgrammeDocument.RESULT_PROOF: N_("服务结果证明"),
    ProgrammeDocument.PROVIDER_PAPERS: N_("服务机构的证明材料"),
}
REDEEMED_BY = {
    RedeemedBy.ENTERPRISE: N_("企业先付全款，再申请兑付"),
    RedeemedBy.PROVIDER: N_("服务机构在账单上直接抵扣，再申请兑付"),
}
RESERVES_BUDGET = {
    ReservesBudget.ISSUE: N_("发券时预留预算"),
    ReservesBudget.HOLD: N_("用券时预留预算，用完为止"),
    ReservesBudget.NEVER: N_("不用本平台的预算（券在别的系统里）"),
}
COUNTS_ON = {CountsOn.SERVICE: N_("服务日期"), CountsOn.INVOICE: N_("开票日期")}
BEARS_DIFFERENCE = {BearsDifference.ENTERPRISE: N_("企业"), BearsDifference.PROVIDER: N_("服务机构")}
BORDER_WAYS = {
    BorderWay.HOME_PAYS: N_("发券一方直接兑付"),
    BorderWay.ADVANCE_THEN_NET: N_("服务机构所在一方垫付，两地再结算"),
}
MARKS = {MarkKind.SOURCED: N_("有出处"), MarkKind.ASSUMED: N_("暂定")}
LIMITS = {
    Limit.SHARE: N_("费用的最高比例"),
    Limit.CREDIT: N_("券的余额"),
    Limit.YEAR_CAP: N_("企业当年限额的余额"),
    Limit.BUDGET: N_("政策预算的余额"),
}
REASONS = {
    Reason.SERVICE_NOT_COVERED: N_("这项政策不支持这类服务。"),
    Reason.NOT_RECOGNISED: N_("服务机构不在主管部门互认的名单里。"),
    Reason.STATUTORY_TESTING: N_("法律法规或强制性标准要求的检测不能用券。"),
    Reason.SAME_LEGAL_PERSON: N_("企业与服务机构是同一法人，不能用券。"),
    Reason.RELATED_DECLARED: N_("企业申报与服务机构有关联关系，不能用券。"),
    Reason.RELATED_FLAGGED: N_("主管部门标记企业与服务机构有关联关系，不能用券。"),
    Reason.FUNDED_OTHERWISE: N_("同一服务已由其他财政资金支持，不能用券。"),
    Reason.TOO_EARLY: N_("%(day)s 早于可以用券的第一天 %(limit)s。"),
    Reason.AFTER_USE_BY: N_("%(day)s 已过使用截止日 %(limit)s。"),
}
FIELDS = {
    "organisation_id": N_("主管部门"),
    "year": N_("年度"),
    "name_zh": N_("名称"),
    "name_en": N_("名称（英文）"),
    "runs_at": N_("券所在的系统"),
    "valid_from": N_("生效日"),
    "notice": N_("依据的文件"),
    "notice_url": N_("文件的网址"),
    "shares": N_("各类服务的最高比例"),
    "year_cap_fen": N_("每家企业每年最多"),
    "budget_fen": N_("总预算"),
    "counts_from": N_("可以用券的第一天"),
    "use_by": N_("使用截止日"),
    "redeem_by": N_("兑付截止日"),
    "valid_days": N_("每张券的有效天数"),
    "documents": N_("需要的材料"),
    "exclusions": N_("不支持的情形"),
    "redeemed_by": N_("谁申请兑付"),
    "reserves_budget": N_("预算何时预留"),
    "counts_on": N_("以哪个日期为准"),
    "bears_difference": N_("核减的部分由谁承担"),
    "border_way": N_("跨省市如何结算"),
    "windows": N_("兑付批次"),
    "notice_days": N_("公示的工作日"),
    "review_days": N_("每次审核的工作日"),
    "pay_days": N_("公示后付款的工作日"),
    "note_zh": N_("说明"),
    "note_en": N_("说明（英文）"),
    "reason": N_("为什么写这个版本"),
    "service_type": N_("服务类型"),
    "fee_fen": N_("费用"),
    "used_on": N_("服务日期"),
    "invoiced_on": N_("开票日期"),
    "credit_fen": N_("券的余额"),
    "year_cap_left_fen": N_("企业当年限额的余额"),
    "budget_left_fen": N_("预算余额"),
    "already_fen": N_("其他券已抵扣"),
    "is_recognised": N_("服务机构在互认名单里"),
    "is_statutory": N_("法律法规或强制性标准要求的检测"),
    "is_same_legal_person": N_("企业与服务机构是同一法人"),
    "is_related_declared": N_("企业申报有关联关系"),
    "is_related_flagged": N_("经办人标记有关联关系"),
    "is_funded_otherwise": N_("已由其他财政资金支持"),
}
