"""What audiences and weights are called, as source sentences."""

from booking.core.texts import N_
from models.vocabulary.announcements import Audience, Weight

AUDIENCES = {
    Audience.EVERYBODY: N_("所有人"),
    Audience.SIGNED_IN: N_("已登录的人"),
    Audience.STAFF: N_("工作人员（管理、审核、财务、运营、审计等）"),
    Audience.ADMINS: N_("单位与平台管理员"),
}
WEIGHTS = {Weight.INFO: N_("告知"), Weight.ATTENTION: N_("请注意")}
