"""What vouchers pay at an instrument, in the reader's words."""

from dataclasses import dataclass

from flask_babel import gettext as _

from booking.core.places import PROVINCE_ENDING
from booking.search.reference import Reference
from booking.search.vouchers import Covered, Estimate
from booking.web import filters
from booking.web.languages import in_language
from models.vocabulary.pricing import Per


@dataclass(frozen=True, slots=True)
class SaidVoucher:
    """The line under a price, and what the chips say; `programmes` are authorities with the programme to read."""

    line: str
    is_home: bool
    is_across: bool
    whose: str
    programmes: list[tuple[str, int]]


def said_voucher(covered: Covered, known: Reference) -> SaidVoucher:
    """What anybody is told; who has vouchers is told what they would pay."""
    codes = dict.fromkeys(f"{one.province}{PROVINCE_ENDING}" for one in covered.offers)
    places = [in_language(*known.places[code].short) for code in sorted(codes) if code in known.places]
    share = _("券最高抵 %(share)s", share=filters.percent(covered.share))
    return SaidVoucher(
        line=_estimated(covered.estimate) if covered.estimate else str(share),
        is_home=covered.is_home,
        is_across=covered.is_across,
        whose=_("%(places)s创新券", places=_("、").join(places)),
        programmes=[(in_language(*one.authority), one.programme_id) for one in covered.offers],
    )


def _estimated(estimate: Estimate) -> str:
    """What the reader's own voucher would pay of an hour or a sample."""
    if estimate.pays_first:
        amount, word = estimate.covered_fen, _("预计兑付 %(amount)s")
    else:
        amount, word = estimate.price_fen - estimate.covered_fen, _("券后约 %(amount)s")
    per = _("%(amount)s/小时") if estimate.per == Per.HOUR else _("%(amount)s/样品")
    return str(word % {"amount": per % {"amount": filters.money(amount)}})
