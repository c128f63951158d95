"""The text of the six topics as the platform proposes it; an institution adopts it or writes its own."""

from models.vocabulary.contracts import Clause

Clauses = dict[str, dict[str, str]]

PROPOSED: Clauses = {
    Clause.SERVICE.value: {
        "zh": "承接方按订单写明的仪器、时间、方式、检测项目和标准提供服务，并如实提供原始数据或报告。"
        "委托方如实说明用途和样品情况，特别是危险性，并遵守仪器所在单位的安全和使用规定。"
        "内容、时间或费用有变化的，双方以书面（包括平台上的记录）确认后生效。",
        "en": "The institution provides the service with the instrument, at the time and in the way, for the "
        "test items and by the standards that the order names, and hands over the raw data or the report "
        "truthfully. The user truthfully states the purpose and the nature of the samples, their hazards "
        "above all, and keeps the rules of safety and use of the institution. Changes of content, time or "
        "cost take effect once both have confirmed them in writing, records of the platform included.",
    },
    Clause.PROPERTY.value: {
        "zh": "委托方提供的样品、资料及由其产生的数据和结果归委托方所有；承接方原有的方法、软件和技术仍归承接方所有。"
        "承接方人员对成果有实质性创造贡献的，署名和权益分配由双方另行书面约定。"
        "发表使用仪器取得的成果时，委托方注明仪器和承接方。",
        "en": "Samples and documents of the user, and the data and results that come of them, belong to the "
        "user; methods, software and techniques that the institution had before remain its own. Where "
        "staff of the institution contribute creatively to a result, authorship and rights are agreed on "
        "separately in writing. The user names the instrument and the institution when publishing what "
        "was achieved with it.",
    },
    Clause.CONFIDENTIALITY.value: {
        "zh": "双方对因服务知悉的对方技术、商业信息、样品信息、数据和结果保密，未经对方书面同意不向第三方披露，"
        "也不用于服务以外的目的；法律法规要求披露的除外，并应先行告知对方。保密义务自知悉之日起持续三年。"
        "涉及国家秘密的样品和资料不得通过平台委托。",
        "en": "Each side keeps confidential what it learns through the service of the other's technical and "
        "commercial information, samples, data and results; it discloses none of it to others without "
        "written consent and uses it for nothing else, unless the law demands disclosure, of which the "
        "other is told first. This holds for three years from the day it was learnt. Samples and "
        "documents that concern state secrets are not to be entrusted through the platform.",
    },
    Clause.DAMAGES.value: {
        "zh": "委托方违反操作规定或未如实说明样品情况，造成仪器损坏、人员伤害或环境污染的，承担由此产生的直接损失。"
        "承接方因过错造成样品损坏、遗失或结果错误的，免费重做；不能重做的，退还该项费用，"
        "并以该项费用为限赔偿直接损失；故意或重大过失造成的损失不受此限。测试中的正常消耗除外。",
        "en": "The user bears the direct loss where an instrument is damaged, a person hurt or the environment "
        "polluted because the rules of operation were broken or the samples were not described "
        "truthfully. Where samples are damaged or lost or results are wrong by fault of the institution, "
        "it repeats the work free of charge; where that is impossible it pays back the fee for that item "
        "and compensates direct loss up to that fee, without limit for intent and gross negligence. What "
        "is used up in testing is no damage.",
    },
    Clause.BREACH.value: {
        "zh": "任何一方不能按约履行的，应及时告知对方并协商改期。委托方逾期取消或未到的，按收费标准写明的比例付费；"
        "逾期付款的，自逾期之日起按未付金额的同期一年期贷款市场报价利率支付违约金。"
        "承接方无正当理由逾期交付的，委托方可以解除尚未履行的部分并取回已付的相应费用。"
        "因不可抗力不能履行的，按影响程度免除责任。",
        "en": "Whoever cannot perform as agreed tells the other in time and agrees on another time. For late "
        "cancellation or absence the user pays the share that the price list names; for late payment, "
        "interest on the unpaid amount at the one-year loan prime rate from the first day of delay. Where "
        "the institution is late without good reason, the user may withdraw from what is not yet done and "
        "have its price back. Nobody answers for what force majeure prevents, as far as it does.",
    },
    Clause.DISPUTES.value: {
        "zh": "本约定适用中华人民共和国法律。发生争议的，双方先行协商，也可以请平台或承接方所在地科技主管部门调解；"
        "协商或调解不成的，向承接方所在地有管辖权的人民法院提起诉讼。",
        "en": "The law of the People's Republic of China applies. The two sides first try to settle a dispute "
        "between them, and may ask the platform or the science authority at the institution's seat to "
        "mediate; failing that, the people's court with jurisdiction at the institution's seat decides.",
    },
}
"""Our own wording, to be read by each institution's lawyers before it is used."""
