"""What roles, scopes and languages are called, as source sentences."""

from booking.core.texts import N_
from models.vocabulary.accounts import AccountState, Language, Role, ScopeKind

ROLES = {
    Role.RESEARCHER: N_("研究人员"),
    Role.LEAD: N_("课题组负责人"),
    Role.STEWARD: N_("仪器管理员"),
    Role.TECHNICIAN: N_("实验技术人员"),
    Role.TRAINER: N_("培训人员"),
    Role.REVIEWER: N_("密级审查人"),
    Role.INSTITUTION_FINANCE: N_("单位财务"),
    Role.INSTITUTION_ADMIN: N_("单位管理员"),
    Role.ENTERPRISE_AGENT: N_("企业经办人"),
    Role.VOUCHER_OFFICER: N_("主管部门经办人"),
    Role.OPERATOR: N_("运营中心人员"),
    Role.AUDITOR: N_("审计人员"),
    Role.PLATFORM_ADMIN: N_("平台管理员"),
}

SCOPE_KINDS = {
    ScopeKind.PLATFORM: N_("整个平台"),
    ScopeKind.ORGANISATION: N_("单位"),
    ScopeKind.UNIT: N_("部门"),
    ScopeKind.INSTRUMENT: N_("仪器"),
}

ACCOUNT_STATES = {
    AccountState.CONFIRMED: N_("邮箱已确认"),
    AccountState.UNCONFIRMED: N_("邮箱未确认"),
    AccountState.DEACTIVATED: N_("账户已停用"),
}
ACCOUNT_STATE_LOOKS = {
    AccountState.CONFIRMED: ("right", "✓"),
    AccountState.UNCONFIRMED: ("attention", "…"),
    AccountState.DEACTIVATED: ("plain", "×"),
}

# Each language is written in itself, so these are not translated.
LANGUAGES = {Language.CHINESE: "中文", Language.ENGLISH: "English"}
