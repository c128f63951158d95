"""Facts that stop a step in a reservation's life."""

from collections.abc import Sequence

from booking.core.errors import Conflict, Refused
from booking.core.texts import N_
from booking.reservations.reasons import Code, Refusal


class SlotTaken(Refused):
    """Some group has no lane free throughout the wanted time."""

    status = 409
    code = "slot_taken"
    sentence = N_("该时段已被占用。")


class ReservationRefused(Refused):
    """The rules or taken time stand against it; carries every reason with its remedies."""

    sentence = N_("这个时段不能预约，原因共 %(count)s 条。")

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        """Keep the reasons; taken time among them makes it a conflict (409)."""
        super().__init__(count=len(refusals))
        self.refusals = list(refusals)
        taken = any(refusal.code == Code.SLOT_TAKEN for refusal in refusals)
        self.status = 409 if taken else 422
        self.code = str(Code.SLOT_TAKEN) if taken else "refused_by_rules"


class HolderGone(Conflict):
    """Who would hold the reservation has closed their account."""

    code = "holder_gone"
    sentence = N_("这个人的账户已停用，不能再预约。")


class NotChangeable(Conflict):
    """The reservation's state does not allow this step."""

    code = "not_changeable"
    sentence = N_("这条预约当前的状态不允许这样操作。")


class BookingsChanged(Conflict):
    """Some of the chosen bookings are not there to be settled any more, or never were."""

    code = "bookings_changed"
    sentence = N_("所选预约中有的已经移交、取消或结束，请重新查看并选择。")


class AlreadyStarted(Conflict):
    """The holder may cancel only before the start."""

    code = "already_started"
    sentence = N_("预约已经开始，不能再取消；如有需要请联系仪器管理员。")


class AlreadyOver(Conflict):
    """What is over can no longer be changed."""

    code = "already_over"
    sentence = N_("预约已经结束，不能再更改。")


class ReasonNeeded(Refused):
    """Somebody else's reservation is changed only with a reason."""

    code = "reason_needed"
    sentence = N_("请写明原因，预约人会收到通知。")


class ConflictSettled(Conflict):
    """Somebody settled the conflict already."""

    code = "conflict_settled"
    sentence = N_("这个冲突已经处理过了。")


class NothingToDecide(Conflict):
    """Nobody asked for anything here, or it has been decided."""

    code = "nothing_to_decide"
    sentence = N_("这条预约没有待审批的内容，可能已由他人处理。")


class NotOver(Conflict):
    """What came of a time is said when it is over."""

    code = "not_over"
    sentence = N_("预约还没有结束，结束后才能确认使用情况。")


class UseConfirmed(Conflict):
    """Somebody said already what came of it."""

    code = "use_confirmed"
    sentence = N_("这次使用已经确认过了。")


class OwnUse(Conflict):
    """What a use comes to is said by somebody else than who pays for it."""

    code = "own_use"
    sentence = N_("自己预约或由自己的经费支付的收费使用，须由其他管理员确认。")


class OlderUse(Conflict):
    """What ended before uses were confirmed here is confirmed one by one, for that may cost something."""

    code = "older_use"
    sentence = N_("这次使用在系统开始确认使用之前已经结束，请逐条确认。")


class NotOlder(Conflict):
    """What ended since uses are confirmed here is let off by its charge alone."""

    code = "not_older"
    sentence = N_("只有系统开始确认使用之前结束的预约可以这样免收；其他的请先确认，再免收其费用。")


class SamplesNeeded(Conflict):
    """What is charged by the sample is not confirmed among others as long as nobody says how many there were."""

    code = "samples_needed"
    sentence = N_("这次使用按样品数收费，请逐条填写样品数。")


class PiecesNeeded(Conflict):
    """What is charged by the piece is not confirmed among others: somebody says how many there were."""

    code = "pieces_needed"
    sentence = N_("这次使用按件收费，请逐条填写件数。")


class FeeChanged(Conflict):
    """Cancelling costs something else now than what was shown."""

    code = "fee_changed"
    sentence = N_("取消的费用与刚才显示的不同，请看清后再确认。")
