"""What contracts, their states, steps and topics are called, as source sentences."""

from booking.core.texts import N_
from models.vocabulary.contracts import (
    Clause,
    ContractScope,
    ContractSide,
    ContractState,
    ContractStep,
    SignatureKind,
)

CLAUSES = {
    Clause.SERVICE: N_("服务内容"),
    Clause.PROPERTY: N_("知识产权"),
    Clause.CONFIDENTIALITY: N_("保密"),
    Clause.DAMAGES: N_("损害赔偿"),
    Clause.BREACH: N_("违约责任"),
    Clause.DISPUTES: N_("争议解决"),
}
SCOPES = {
    ContractScope.FRAMEWORK: N_("框架合同：本单位的全部仪器"),
    ContractScope.INSTRUMENT: N_("一台仪器"),
    ContractScope.SAMPLE_ORDER: N_("一个送样委托"),
}
STATES = {
    ContractState.DRAFT: N_("草稿"),
    ContractState.SENT: N_("待签字"),
    ContractState.SIGNED: N_("双方已签"),
    ContractState.ENDED: N_("已终止"),
    ContractState.EXPIRED: N_("已到期"),
}
STATE_LOOKS = {
    ContractState.DRAFT: ("plain", "✎"),
    ContractState.SENT: ("attention", "…"),
    ContractState.SIGNED: ("right", "✓"),
    ContractState.ENDED: ("plain", "×"),
    ContractState.EXPIRED: ("plain", "×"),
}
STEPS = {
    ContractStep.ASK: N_("请求签订"),
    ContractStep.DRAFT: N_("起草"),
    ContractStep.EDIT: N_("修改"),
    ContractStep.SEND: N_("发给对方"),
    ContractStep.RECALL: N_("收回修改"),
    ContractStep.SIGN: N_("登记签字"),
    ContractStep.END: N_("终止"),
    ContractStep.EXPIRE: N_("到期"),
}
SIDES = {ContractSide.OWNER: N_("承接方"), ContractSide.PARTY: N_("委托方")}
SIGNATURE_KINDS = {SignatureKind.SCAN: N_("签字盖章的扫描件"), SignatureKind.E_SIGNATURE: N_("电子签名文件")}
FIELDS = {
    "party": N_("对方单位"),
    "party_id": N_("委托方"),
    "number": N_("合同编号"),
    "title": N_("合同名称"),
    "scope": N_("适用范围"),
    "instrument_id": N_("仪器编号"),
    "sample_order_id": N_("送样委托编号"),
    "amount_fen": N_("金额上限"),
    "starts_on": N_("开始日期"),
    "ends_on": N_("结束日期"),
    "remark": N_("补充约定"),
    "sides": N_("谁的签字"),
    "kind": N_("文件种类"),
    "signed_on": N_("签字日期"),
    "files": N_("文件"),
    "reason": N_("说明"),
    "end_reason": N_("原因"),
    "requires": N_("外单位使用前须有委托单或合同"),
    "threshold_fen": N_("从多少金额起须签合同"),
}
CHANGES = FIELDS | {
    "party_name": N_("委托方"),
    "party_uscc": N_("委托方统一社会信用代码"),
    "owner_name": N_("承接方"),
    "owner_uscc": N_("承接方统一社会信用代码"),
    "text_id": N_("条款"),
    "files": N_("随合同发来的文件"),
}
