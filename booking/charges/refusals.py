"""Facts that stop a step in a charge's life."""

from booking.core.errors import Conflict
from booking.core.money import yuan_from_fen
from booking.core.texts import N_


class NotOpen(Conflict):
    """The charge's state does not allow this step."""

    code = "charge_not_open"
    sentence = N_("这笔费用当前的状态不允许这样操作，可能已由他人处理。")


class NothingToTake(Conflict):
    """Nothing more can be taken from the payer account."""

    code = "nothing_to_take"
    sentence = N_("经费账户里还是没有可以支付的金额。")


class VoucherClaimed(Conflict):
    """Less would be charged than what an authority has paid of its vouchers."""

    code = "voucher_claimed"
    sentence = N_("这笔费用中由创新券支付的 %(claimed)s 元已经兑付，不能减少到这个金额以下。")

    def __init__(self, claimed_fen: int) -> None:
        """Keep what was paid, as the sentence says it."""
        super().__init__(claimed=yuan_from_fen(claimed_fen))
        self.claimed_fen = claimed_fen


class ClaimWaits(Conflict):
    """Vouchers would cover less than what a redemption that waits asks an authority to pay."""

    code = "voucher_claim_waits"
    sentence = N_("这笔费用中由创新券支付的金额正在申请兑付。请先撤回这份兑付申请，或等主管部门退回，再减少费用。")
