"""The part of a form in which somebody chooses vouchers and declares what is asked: what it offers, what was chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.texts import N_
from booking.pricing.queries import is_priced
from booking.reservations.covered import kept_wish
from booking.reservations.firms import offered_to
from booking.reservations.forms import LARGEST_ID
from booking.reservations.terms import Place
from booking.reservations.voucher_words import NONE
from booking.reservations.vouching import NO_VOUCHERS, Declared, Offered, VoucherUse, Vouching
from booking.vouchers.plans import Wish
from booking.web import filters
from booking.web.languages import in_language
from models.reservations import Reservation

VOUCHER = "voucher"
AUTOMATIC = "auto:"
DECLARATIONS = {
    "is_statutory": N_("这是法律法规或强制性标准要求的检测"),
    "is_related": N_("本企业与仪器所属单位有关联关系"),
    "is_funded": N_("这次使用已由其他财政资金支持"),
}


@dataclass(frozen=True, slots=True)
class VoucherField:
    """What the field offers, as its macro takes it; what was declared is ticked."""

    choices: list[tuple[str, str]]
    value: str
    declarations: list[tuple[str, str, bool]]
    opened: bool


def vouching_of(typed: Mapping[str, str]) -> Vouching | None:
    """What was chosen; what is no choice is as before, and said to be wrong when the form is sent."""
    text = typed.get(VOUCHER, "")
    if text == NONE:
        return NO_VOUCHERS
    declared = Declared(*(bool(typed.get(name)) for name in DECLARATIONS))
    if text.startswith(AUTOMATIC):
        number = _id(text.removeprefix(AUTOMATIC))
        return Vouching(VoucherUse.AUTOMATIC, None, number, declared) if number else None
    number = _id(text)
    return Vouching(VoucherUse.NAMED, number, None, declared) if number else None


def voucher_values(typed: Mapping[str, str]) -> dict[str, object]:
    """The same in the names of the shared forms; what cannot be read stays, to be said at its field."""
    text = typed.get(VOUCHER, "")
    if not text:
        return {}
    if text == NONE:
        return {"voucher_use": VoucherUse.NONE}
    declared = {name: bool(typed.get(name)) for name in DECLARATIONS}
    if text.startswith(AUTOMATIC):
        firm = text.removeprefix(AUTOMATIC)
        return {"voucher_use": VoucherUse.AUTOMATIC, "voucher_organisation_id": firm, **declared}
    return {"voucher_id": text, **declared}


def _id(text: str) -> int | None:
    """A number that may be an id."""
    is_id = text.isdecimal() and text.isascii() and len(text) <= len(str(LARGEST_ID))
    return int(text) if is_id and 0 < int(text) <= LARGEST_ID else None


def voucher_field(
    session: Session,
    place: Place,
    moving: Reservation | None,
    typed: Mapping[str, str],
    *,
    actor: Actor | None,
    now: datetime,
) -> VoucherField | None:
    """The field for who acts for a firm that has vouchers; None where nothing costs anything, and for others."""
    if actor is None or (moving is not None and moving.booked_by_id != actor.id):
        return None
    offered, kept = offered_to(session, actor.id, local_date(now)), kept_wish(session, moving) if moving else None
    if not offered and (kept is None or not kept.is_used):
        return None
    if not is_priced(session, place.instrument_id, place.unit_id):
        return None
    return field_for(offered, kept, typed, is_new=moving is None)


def field_for(offered: Sequence[Offered], kept: Wish | None, typed: Mapping[str, str], *, is_new: bool) -> VoucherField:
    """What is offered: of something new all that are usable, of what is there already first that nothing changes."""
    firms = {one.organisation_id: in_language(*one.firm) for one in offered}
    automatic = [(f"{AUTOMATIC}{number}", _automatic(name, len(firms))) for number, name in firms.items()]
    choices = [*automatic, *((str(one.id), said_voucher(one)) for one in offered), (NONE, str(_("不用创新券")))]
    value = typed.get(VOUCHER, "")
    if not is_new:
        choices.insert(0, ("", str(_("不变"))))
    elif len(firms) > 1:
        choices.insert(0, ("", str(_("请选择使用哪家企业的创新券"))))
    elif not value:
        value = automatic[0][0]
    declared = Declared(kept.is_statutory, kept.is_related, kept.is_funded) if kept else Declared()
    ticked = [bool(typed.get(name)) if typed.get(VOUCHER) else getattr(declared, name) for name in DECLARATIONS]
    labels = zip(DECLARATIONS.items(), ticked, strict=True)
    return VoucherField(choices, value, [(name, str(_(label)), is_on) for (name, label), is_on in labels], any(ticked))


def _automatic(firm: str, firms: int) -> str:
    """Using all of a firm's vouchers, in words."""
    if firms == 1:
        return str(_("自动：先用最早到期的券"))
    return str(_("自动：%(firm)s 的券，先用最早到期的", firm=firm))


def said_voucher(one: Offered) -> str:
    """A voucher with what is left of it and its last day."""
    return str(
        _(
            "%(number)s（可用 %(left)s，使用截止 %(day)s）",
            number=one.number,
            left=filters.money(one.left_fen),
            day=filters.day(one.use_by),
        )
    )
