"""What the parts of an application are called, and why a firm may not apply, as source sentences."""

from booking.core.texts import N_
from models.vocabulary.applications import ApplicationState, ApplicationStep, Ineligible

STATES = {
    ApplicationState.DRAFT: N_("草稿"),
    ApplicationState.DISTRICT_REVIEW: N_("区县审核中"),
    ApplicationState.PROVINCE_REVIEW: N_("省市审核中"),
    ApplicationState.RETURNED: N_("退回补正"),
    ApplicationState.ISSUED: N_("已发券"),
    ApplicationState.REFUSED: N_("未通过"),
    ApplicationState.WITHDRAWN: N_("已撤回"),
}
STATE_LOOKS = {
    ApplicationState.DRAFT: ("plain", "✎"),
    ApplicationState.DISTRICT_REVIEW: ("action", "…"),
    ApplicationState.PROVINCE_REVIEW: ("action", "…"),
    ApplicationState.RETURNED: ("attention", "↩"),
    ApplicationState.ISSUED: ("right", "✓"),
    ApplicationState.REFUSED: ("wrong", "×"),
    ApplicationState.WITHDRAWN: ("plain", "×"),
}
STEPS = {
    ApplicationStep.DRAFT: N_("新建"),
    ApplicationStep.EDIT: N_("修改"),
    ApplicationStep.SUBMIT: N_("已提交审核"),
    ApplicationStep.PASS: N_("区县审核通过"),
    ApplicationStep.RETURN: N_("退回补正"),
    ApplicationStep.REFUSE: N_("未通过"),
    ApplicationStep.ISSUE: N_("已发券"),
    ApplicationStep.WITHDRAW: N_("已撤回"),
}
REASONS = {
    Ineligible.NOT_AN_ENTERPRISE: N_("只有企业可以申请，名录里这个单位不是企业。"),
    Ineligible.USCC_MISSING: N_("企业没有核验过的统一社会信用代码。"),
    Ineligible.OTHER_PROVINCE: N_("企业不在这项政策的地区；创新券由企业所在省市、市州或区县的主管部门发放。"),
    Ineligible.LIVES_ELSEWHERE: N_("这项政策的创新券在别的系统里申领；领到之后在这里登记即可使用。"),
    Ineligible.NOT_IN_FORCE: N_("这项政策还没有开始执行。"),
    Ineligible.DAYS_OVER: N_("这项政策的使用截止日已过，不再发券。"),
    Ineligible.OPEN_APPLICATION: N_("企业在这项政策下已有一份没有办结的申请。"),
    Ineligible.CAP_TAKEN_UP: N_("已发的券用完了企业的年度限额。"),
    Ineligible.OVER_CAP: N_("超过企业年度限额的余额：最多还可申请 %(left)s。"),
    Ineligible.BUDGET_SPENT: N_("政策的预算已经用完。"),
    Ineligible.OVER_BUDGET: N_("政策的预算不够：还剩 %(left)s。"),
}
FIELDS = {
    "programme_id": N_("创新券政策"),
    "organisation_id": N_("企业"),
    "amount_fen": N_("申请金额（元）"),
    "granted_fen": N_("核发金额（元）"),
    "statement": N_("用途说明"),
    "reason": N_("原因"),
    "remark": N_("给省市审核人的说明"),
    "return_reason": N_("需要补正什么"),
    "refuse_reason": N_("不予通过的原因"),
    "withdraw_reason": N_("撤回的原因"),
    "lacking": N_("缺少或有误的材料"),
    "files": N_("文件"),
    "document": N_("材料"),
}
