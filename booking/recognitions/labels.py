"""What the register's parts are called, as source sentences."""

from booking.core.texts import N_
from models.vocabulary.recognitions import RecognitionKind

KINDS = {
    RecognitionKind.PROVIDER: N_("服务机构"),
    RecognitionKind.DOCUMENT: N_("对方核验过的材料"),
    RecognitionKind.SERVICE_TYPE: N_("来自对方的服务类型"),
}
FIELDS = {
    "organisation_id": N_("认可的主管部门"),
    "kind": N_("认可什么"),
    "provider_id": N_("服务机构"),
    "provider": N_("服务机构"),
    "province": N_("对方省市"),
    "document": N_("材料"),
    "service_type": N_("服务类型"),
    "starts_on": N_("第一天"),
    "ends_on": N_("最后一天"),
    "notice": N_("依据的文件"),
    "notice_url": N_("文件的网址"),
    "reason": N_("原因"),
    "on": N_("哪一天有效"),
    "authority": N_("认可的主管部门"),
}
TABLE = {"subject": N_("对象"), "scope": N_("范围"), "reason": N_("提前结束的原因")}
"""What the columns of the table are called where no field is."""
