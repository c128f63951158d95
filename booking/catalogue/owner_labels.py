"""How changes of owner are called."""

from booking.core.texts import N_
from models.vocabulary.custody import OwnerChangeState

OWNER_CHANGE_STATE = {
    OwnerChangeState.PROPOSED: N_("等待接收单位答复"),
    OwnerChangeState.ACCEPTED: N_("已接收，到日生效"),
    OwnerChangeState.DECLINED: N_("接收单位未接收"),
    OwnerChangeState.WITHDRAWN: N_("原单位已撤回"),
    OwnerChangeState.APPLIED: N_("已转移"),
}
OWNER_CHANGE_LOOK = {
    OwnerChangeState.PROPOSED: ("attention", "…"),
    OwnerChangeState.ACCEPTED: ("attention", "…"),
    OwnerChangeState.DECLINED: ("plain", "×"),
    OwnerChangeState.WITHDRAWN: ("plain", "×"),
    OwnerChangeState.APPLIED: ("right", "✓"),
}
