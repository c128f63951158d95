"""Facts that stop a step in a charge's life."""

from booking.core.errors import Conflict
from booking.core.texts import N_


class NotOpen(Conflict):
    """The charge's state does not allow this step."""

    code = "charge_not_open"
    sentence = N_("这笔费用当前的状态不允许这样操作，可能已由他人处理。")


class NothingToTake(Conflict):
    """Nothing more can be taken from the payer account."""

    code = "nothing_to_take"
    sentence = N_("经费账户里还是没有可以支付的金额。")
