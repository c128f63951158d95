"""What the words of affiliations are called, as source sentences."""

from booking.affiliations.roster_plans import Fate
from booking.core.texts import N_
from models.vocabulary.affiliations import (
    AffiliationState,
    Audience,
    ConfirmedBy,
    IdentityKind,
    InvitationState,
    MailDomainState,
    RegistrationState,
    RosterState,
    UserSide,
    VisitState,
)

STATE = {
    AffiliationState.PENDING: N_("待单位确认"),
    AffiliationState.CONFIRMED: N_("已确认"),
    AffiliationState.REFUSED: N_("未通过"),
    AffiliationState.ENDED: N_("已结束"),
}
STATE_LOOKS = {
    AffiliationState.PENDING: ("attention", "?"),
    AffiliationState.CONFIRMED: ("right", "✓"),
    AffiliationState.REFUSED: ("wrong", "×"),
    AffiliationState.ENDED: ("plain", "–"),
}
CONFIRMED_BY = {
    ConfirmedBy.ADMIN: N_("单位管理员"),
    ConfirmedBy.ROSTER: N_("人员名册"),
    ConfirmedBy.MAIL_DOMAIN: N_("单位邮箱"),
    ConfirmedBy.VERIFICATION: N_("单位核验"),
}
SIDE = {UserSide.INSIDE: N_("单位内（120）"), UserSide.OUTSIDE: N_("单位外（130）")}
AUDIENCE = {
    Audience.ASSIGNED: N_("由管理员指定的人"),
    Audience.MEMBERS: N_("本单位的人"),
    Audience.ACADEMICS: N_("其他高校和科研院所的人"),
    Audience.FIRMS: N_("企业的人"),
    Audience.OTHERS: N_("其余所有人"),
}
FIELDS = {
    "organisation_id": N_("单位"),
    "unit_id": N_("部门"),
    "user_group_id": N_("用户类别"),
    "staff_number": N_("工号或学号"),
    "message": N_("说明"),
    "ends_on": N_("有效期至"),
    "last_day": N_("最后一天"),
    "reason": N_("原因"),
    "name_zh": N_("中文名称"),
    "name_en": N_("英文名称"),
    "side": N_("国家平台用户类别"),
    "audience": N_("适用于"),
    "position": N_("顺序"),
    "horizon_days": N_("最多提前预约"),
    "domain": N_("邮箱域名"),
    "includes_subdomains": N_("包括子域名"),
    "mail_domain_days": N_("邮箱确认的有效天数"),
    "invitations_per_day": N_("每天最多发出的邀请"),
    "name": N_("姓名"),
    "email": N_("邮箱"),
    "phone": N_("手机"),
    "identity_kind": N_("证件类型"),
    "identity_number": N_("证件号码"),
    "host_email": N_("接待人的邮箱"),
    "starts_on": N_("从"),
    "purpose": N_("事由"),
}
FATE = {
    Fate.CONFIRMED: N_("确认隶属"),
    Fate.CHANGED: N_("更新或延长"),
    Fate.INVITED: N_("发出邀请"),
    Fate.INVITATION_CHANGED: N_("更新邀请"),
    Fate.UNCHANGED: N_("没有变化"),
    Fate.REFUSED: N_("不能接受"),
}
FATE_LOOKS = {
    Fate.CONFIRMED: ("right", "✓"),
    Fate.CHANGED: ("action", "↻"),
    Fate.INVITED: ("action", "✉"),
    Fate.INVITATION_CHANGED: ("action", "↻"),
    Fate.UNCHANGED: ("plain", "="),
    Fate.REFUSED: ("wrong", "×"),
}
ROSTER = {
    RosterState.DRAFT: N_("待应用"),
    RosterState.APPLIED: N_("已应用"),
    RosterState.DISCARDED: N_("已丢弃"),
}
INVITATION = {
    InvitationState.OPEN: N_("等待接受"),
    InvitationState.ACCEPTED: N_("已接受"),
    InvitationState.WITHDRAWN: N_("已撤回"),
    InvitationState.EXPIRED: N_("已过期"),
}
ROSTER_COLUMNS = {
    "staff_number": N_("工号"),
    "name": N_("姓名"),
    "email": N_("邮箱"),
    "phone": N_("手机"),
    "unit": N_("部门"),
    "user_group": N_("用户类别"),
    "until": N_("有效期至"),
}
MAIL_DOMAIN = {
    MailDomainState.PENDING: N_("待核验"),
    MailDomainState.CONFIRMED: N_("已核验"),
    MailDomainState.REFUSED: N_("未通过"),
}
MAIL_DOMAIN_LOOKS = {
    MailDomainState.PENDING: ("attention", "?"),
    MailDomainState.CONFIRMED: ("right", "✓"),
    MailDomainState.REFUSED: ("wrong", "×"),
}
VISIT = {
    VisitState.PENDING: N_("待确认"),
    VisitState.CONFIRMED: N_("已确认"),
    VisitState.REFUSED: N_("未通过"),
    VisitState.ENDED: N_("已结束"),
}
VISIT_LOOKS = {
    VisitState.PENDING: ("attention", "?"),
    VisitState.CONFIRMED: ("right", "✓"),
    VisitState.REFUSED: ("wrong", "×"),
    VisitState.ENDED: ("plain", "–"),
}
IDENTITY_KIND = {
    IdentityKind.RESIDENT_ID: N_("居民身份证"),
    IdentityKind.PASSPORT: N_("护照"),
    IdentityKind.HONG_KONG_MACAO_PERMIT: N_("港澳居民来往内地通行证"),
    IdentityKind.TAIWAN_PERMIT: N_("台湾居民来往大陆通行证"),
    IdentityKind.PERMANENT_RESIDENCE: N_("外国人永久居留身份证"),
    IdentityKind.OTHER: N_("其他证件"),
}
REGISTRATION = {
    RegistrationState.PENDING: N_("待核验"),
    RegistrationState.VERIFIED: N_("已核验"),
    RegistrationState.REFUSED: N_("未通过"),
    RegistrationState.WITHDRAWN: N_("已撤回"),
}
REGISTRATION_LOOKS = {
    RegistrationState.PENDING: ("attention", "?"),
    RegistrationState.VERIFIED: ("right", "✓"),
    RegistrationState.REFUSED: ("wrong", "×"),
    RegistrationState.WITHDRAWN: ("plain", ""),
}
