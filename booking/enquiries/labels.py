"""What states of enquiries and wishes are called, with the kind and sign of their chips."""

from booking.core.texts import N_
from models.vocabulary.enquiries import EnquiryState, WishAnswer, WishState

STATE = {
    EnquiryState.WAITING: N_("等待机主答复"),
    EnquiryState.ANSWERED: N_("机主已答复"),
    EnquiryState.CLOSED: N_("已结束"),
}
STATE_LOOKS = {
    EnquiryState.WAITING: ("attention", "…"),
    EnquiryState.ANSWERED: ("right", "✓"),
    EnquiryState.CLOSED: ("plain", ""),
}
WISH = {
    WishState.ASKED: N_("时间待定"),
    WishState.OFFERED: N_("机主提出了另一时间"),
    WishState.AGREED: N_("时间已商定"),
    WishState.REFUSED: N_("机主不能安排"),
    WishState.DECLINED: N_("所提时间未被接受"),
}
WISH_LOOKS = {
    WishState.ASKED: ("attention", "…"),
    WishState.OFFERED: ("attention", "?"),
    WishState.AGREED: ("right", "✓"),
    WishState.REFUSED: ("wrong", "×"),
    WishState.DECLINED: ("attention", "×"),
}
WISH_ANSWER = {
    WishAnswer.ACCEPT: N_("接受所选的时间"),
    WishAnswer.OFFER: N_("提出另一时间"),
    WishAnswer.REFUSE: N_("不能安排"),
}
FIELDS = {
    "sample": N_("样品"),
    "purpose": N_("用途"),
    "text": N_("内容"),
    "message": N_("留言"),
    "override_reason": N_("仍要安排的理由"),
    "mode": N_("使用方式"),
    "answer": N_("答复"),
    "period_id": N_("选择的时间"),
    "starts_at": N_("开始"),
    "ends_at": N_("结束"),
    "question_zh": N_("问题（中文）"),
    "question_en": N_("问题（英文）"),
    "answer_zh": N_("回答（中文）"),
    "answer_en": N_("回答（英文）"),
    "files": N_("附件"),
}
