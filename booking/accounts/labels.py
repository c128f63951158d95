"""What roles, scopes and languages are called, as source sentences."""

from booking.accounts.permissions import Permission
from booking.accounts.rules import Looks
from booking.accounts.sights import Sight
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
SIGHTS = {
    Sight.ACCOUNT: (N_("账户资料、角色和最近登录"), N_("维护平台账户")),
    Sight.ACCOUNTS: (N_("账户列表里的姓名和邮箱"), N_("维护平台账户")),
    Sight.LOG: (N_("操作日志里的姓名、邮箱和网络地址"), N_("审计和管理")),
    Sight.ROLES: (N_("邮箱和所持角色"), N_("管理角色")),
    Sight.TEAM: (N_("课题组成员名单里的姓名和邮箱"), N_("管理或审计课题组")),
    Sight.AFFILIATION: (N_("隶属、工号、邮箱和申请说明"), N_("管理本单位人员")),
    Sight.IDENTITY: (N_("来访登记的完整证件号码"), N_("核对来访者身份")),
    Sight.INVITED: (N_("邀请里的邮箱、手机和工号"), N_("管理本单位人员")),
    Sight.PEOPLE: (N_("人员名单或名册里的邮箱和工号"), N_("管理本单位人员")),
    Sight.VISITOR: (N_("来访登记里的联系方式，证件号码只有末两位"), N_("安排来访")),
    Sight.LEAVING: (N_("角色、课题组和将来的预约"), N_("办理离开与交接")),
    Sight.MAILS: (N_("通知邮件列表中您的邮箱和邮件标题"), N_("检查邮件投递")),
    Sight.MAIL: (N_("寄给您的一封通知邮件"), N_("检查邮件投递")),
}
PERMISSIONS = {
    Permission.SEE_RECORD: N_("查看未公开的仪器记录"),
    Permission.EDIT_RECORD: N_("编辑仪器记录"),
    Permission.ADD_RECORD: N_("新增仪器"),
    Permission.PUBLISH_RECORD: N_("发布和撤回仪器"),
    Permission.TICK_TRAINING: N_("确认新到仪器的首批用户已培训"),
    Permission.CHANGE_OWNER: N_("把仪器转移给其他单位，或接收仪器"),
    Permission.SEE_BOOKINGS: N_("查看谁预约了仪器"),
    Permission.DECIDE_BOOKINGS: N_("审批和更改他人的预约"),
    Permission.MANAGE_BLOCKS: N_("设置停用时段"),
    Permission.BOOK_INTERNALLY: N_("预约仅供内部使用的仪器"),
    Permission.SUSPEND_PEOPLE: N_("暂停他人预约"),
    Permission.SEE_ENQUIRIES: N_("查看用户咨询"),
    Permission.ANSWER_ENQUIRIES: N_("答复用户咨询"),
    Permission.SEE_SAMPLE_ORDERS: N_("查看送样委托"),
    Permission.HANDLE_SAMPLES: N_("接收样品、安排测试和上传结果"),
    Permission.QUOTE_SAMPLES: N_("为送样委托报价"),
    Permission.ORDER_FOR_FIRM: N_("代表企业送样委托"),
    Permission.EDIT_ORGANISATION: N_("编辑单位和部门"),
    Permission.EDIT_UNIT: N_("编辑部门，为其仪器统一设定"),
    Permission.SEE_IMPORTS: N_("查看导入记录"),
    Permission.IMPORT_RECORDS: N_("导入仪器"),
    Permission.SEE_GRANTS: N_("查看谁有什么角色"),
    Permission.GIVE_GRANTS: N_("授予和结束角色"),
    Permission.NAME_AGENTS: N_("指定和结束企业经办人"),
    Permission.HAND_OVER: N_("办理人员离开的交接"),
    Permission.DEACTIVATE_PEOPLE: N_("停用账户"),
    Permission.SEE_TEAMS: N_("查看课题组成员"),
    Permission.CREATE_TEAM: N_("创建课题组"),
    Permission.MANAGE_TEAMS: N_("管理课题组"),
    Permission.REVIEW_RECORD: N_("密级审查"),
    Permission.ANNOUNCE: N_("发布公告"),
    Permission.SEE_AUDIT: N_("查看操作日志"),
    Permission.SEE_REGISTRATIONS: N_("查看单位登记"),
    Permission.VERIFY_ORGANISATIONS: N_("核验新登记的单位"),
    Permission.SEE_USERS: N_("查看账户"),
    Permission.CARE_FOR_USERS: N_("协助用户登录"),
    Permission.SEE_AFFILIATIONS: N_("查看单位人员"),
    Permission.MANAGE_AFFILIATIONS: N_("管理单位人员"),
    Permission.SEE_JOBS: N_("查看后台任务"),
    Permission.SEE_SYSTEM: N_("查看系统与存储"),
    Permission.SEE_REPORT_DATES: N_("查看报送期限"),
    Permission.DECIDE_EXEMPTIONS: N_("决定报送豁免"),
    Permission.ERASE_PEOPLE: N_("应本人要求删除个人信息"),
    Permission.MOVE_ADDRESSES: N_("为失去邮箱的人更换邮箱"),
    Permission.RUN_JOBS: N_("运行后台任务"),
    Permission.SEE_MAILBOX: N_("查看系统邮箱"),
    Permission.SET_PRICES: N_("设定收费标准"),
    Permission.SEE_PAYERS: N_("查看经费账户"),
    Permission.MANAGE_PAYERS: N_("管理经费账户"),
    Permission.SEE_CHARGES: N_("查看仪器的费用"),
    Permission.SETTLE_CHARGES: N_("调整、免收费用，处理异议"),
    Permission.SEE_STATEMENTS: N_("查看结算单和收款"),
    Permission.MANAGE_STATEMENTS: N_("出具结算单，登记收款"),
    Permission.SEE_BILLED: N_("查看开给本单位的结算单和发票"),
    Permission.SEE_CONTRACTS: N_("查看本单位的合同"),
    Permission.MANAGE_CONTRACTS: N_("管理本单位的合同和条款"),
    Permission.SIGN_CONTRACTS: N_("代表本单位作为用户签合同"),
    Permission.MANAGE_PROGRAMMES: N_("制定本部门的创新券政策"),
    Permission.MANAGE_RECOGNITIONS: N_("登记本部门互认的机构、材料和服务"),
    Permission.SEE_VOUCHERS: N_("查看创新券"),
    Permission.MANAGE_VOUCHERS: N_("冻结、收回本部门发放的创新券"),
    Permission.SEE_BUDGETS: N_("查看创新券预算"),
    Permission.APPLY_FOR_VOUCHERS: N_("代表企业申请创新券"),
    Permission.SEE_APPLICATIONS: N_("查看企业的创新券申请"),
    Permission.REVIEW_APPLICATIONS: N_("审核创新券申请并发券"),
    Permission.CLAIM_REDEMPTIONS: N_("为本单位申请创新券兑付"),
    Permission.SEE_REDEMPTIONS: N_("查看本单位或本部门的兑付申请"),
    Permission.REVIEW_REDEMPTIONS: N_("审核、兑付本部门的创新券"),
    Permission.SEE_REDEMPTION_SAMPLES: N_("查看兑付的审计抽样"),
    Permission.SEE_CLEARING: N_("查看创新券的跨省清算"),
    Permission.CLEAR_MONTHS: N_("为本省市关账、确认清算单、登记划款"),
}

LOOKS = {
    Looks.WITH: N_("一并显示"),
    Looks.ONLY: N_("只显示查阅"),
}

GRANT_EVENTS = {
    "accounts.grant_given": N_("授予角色"),
    "accounts.grant_ended": N_("结束角色"),
    "accounts.grant_moved": N_("随部门并入另一个部门"),
    "accounts.grant_kept": N_("保留角色，等待接任者"),
    "accounts.grant_stays": N_("不再等待接任者"),
}

# Each language is written in itself, so these are not translated.
LANGUAGES = {Language.CHINESE: "中文", Language.ENGLISH: "English"}
