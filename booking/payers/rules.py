"""Decisions about payer accounts on values alone: who somebody is to one, what fits its kind, and what it can pay."""

import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from hashlib import sha256

from booking.core.errors import Problem
from booking.core.places import province_of
from booking.core.texts import N_
from models.vocabulary.payers import PayerKind

TESTING_FEES = "测试化验加工费"
"""The budget item of a research project's budget that instruments are paid from."""

LONGEST_PAPER = 100
"""Some signs of a number become eighteen when two are compared; keys have no room for that."""

BY_AMOUNT = frozenset({PayerKind.GRANT, PayerKind.ON_ACCOUNT})
"""Kinds whose amount the institution sets; of the others it records the money that came and went."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What an actor is to a payer account; `manages` is the institution's finance, `audits` who sees all."""

    is_holder: bool = False
    is_member: bool = False
    manages: bool = False
    audits: bool = False

    @property
    def sees(self) -> bool:
        """Whether they may know of it, and read every amount."""
        return self.is_holder or self.is_member or self.manages or self.audits

    @property
    def runs_members(self) -> bool:
        """Whether they decide who else uses it."""
        return self.is_holder or self.manages

    @property
    def sees_addresses(self) -> bool:
        """Whether they may read the addresses of those who use it."""
        return self.runs_members or self.audits

    @property
    def sees_bookings(self) -> bool:
        """Whether they may read what everybody's holds are for; a member reads that of their own."""
        return self.is_holder or self.manages or self.audits


@dataclass(frozen=True, slots=True)
class Terms:
    """What is said of a payer account beside its amount."""

    budget_item: str = ""
    expires_on: date | None = None
    provinces: tuple[str, ...] = ()
    province_rule: str = ""


def budget_item_of(kind: PayerKind, said: str) -> str:
    """The budget item that is kept: a grant's is the one for testing fees unless another is named."""
    return said or (TESTING_FEES if kind == PayerKind.GRANT else "")


def misfits(kind: PayerKind, terms: Terms, known_expiry: date | None, today: date) -> list[Problem]:
    """Everything that does not fit the kind, an expiry that is over, and use in other provinces without its rule."""
    found = []
    if kind != PayerKind.GRANT and terms.budget_item:
        found.append(Problem("budget_item", N_("只有项目经费有预算科目。")))
    if kind != PayerKind.GRANT and terms.provinces:
        found.append(Problem("provinces", N_("只有项目经费需要说明跨省使用。")))
    if terms.provinces and not terms.province_rule:
        found.append(Problem("province_rule", N_("请写明允许跨省使用的规定。")))
    if terms.province_rule and not terms.provinces:
        found.append(Problem("province_rule", N_("没有选择其他省份，不必填写规定。")))
    if terms.expires_on is not None and terms.expires_on != known_expiry and terms.expires_on < today:
        found.append(Problem("expires_on", N_("到期日不能早于今天。")))
    return found


def has_expired(expires_on: date | None, today: date) -> bool:
    """Whether the last day of an account is over."""
    return expires_on is not None and expires_on < today


def others_than(own: str | None, provinces: Iterable[str]) -> str:
    """The provinces beside an institution's own, in order, as they are kept."""
    return " ".join(sorted({one for one in provinces if province_of(one) != province_of(own)}))


def normal_number(number: str) -> str:
    """A receipt's number as two are compared: NFKC, without case, without blanks around it."""
    return unicodedata.normalize("NFKC", number).casefold().strip()


def paper_of(number: str) -> str:
    """A receipt's number as it is looked for, with its digest in place of one that becomes too long when compared."""
    normal = normal_number(number)
    return normal if len(normal) <= LONGEST_PAPER else sha256(normal.encode()).hexdigest()


class Fault(StrEnum):
    """Why a payer account cannot pay for a use, however much is left."""

    EXPIRED = "expired"
    OTHER_PROVINCE = "other_province"
    OTHER_PLACE = "other_place"
    GONE = "gone"
    OVERDUE = "overdue"


ELSEWHERE = frozenset({Fault.OTHER_PROVINCE, Fault.OTHER_PLACE})
"""It does not pay to that owner at all, not even what is held for a use."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """What decides where and until when an account pays: its kind, its institution with its code, its terms."""

    kind: PayerKind
    organisation_id: int
    adcode: str | None
    expires_on: date | None = None
    other_provinces: str = ""


def fault_of(keeping: Keeping, owner_id: int, owner_adcode: str | None, day: date) -> Fault | None:
    """Why an account cannot pay for an instrument of this owner on a day.

    A grant pays in its own province and where its rule allows it; money that lies with an institution, and its
    credit, only there.
    """
    if has_expired(keeping.expires_on, day):
        return Fault.EXPIRED
    if keeping.organisation_id == owner_id:
        return None
    if keeping.kind != PayerKind.GRANT:
        return Fault.OTHER_PLACE
    there = province_of(owner_adcode)
    allowed = {province_of(keeping.adcode), *map(province_of, keeping.other_provinces.split())}
    return None if there and there in allowed else Fault.OTHER_PROVINCE


@dataclass(frozen=True, slots=True)
class Choice:
    """An account that somebody may use, as it stands to one use; amounts count what that use holds already.

    `allowance_fen` is what the member's own limit leaves (None: no limit), `rule` what allows use across provinces.
    """

    id: int
    name: str
    number: str
    kind: PayerKind
    left_fen: int
    allowance_fen: int | None = None
    fault: Fault | None = None
    expires_on: date | None = None
    rule: str = ""
    last_hold_id: int | None = None

    @property
    def available_fen(self) -> int:
        """The most that it could hold for this use."""
        return self.left_fen if self.allowance_fen is None else min(self.left_fen, self.allowance_fen)

    def can_pay(self, fen: int) -> bool:
        """Whether it could hold so much."""
        return self.fault is None and fen <= self.available_fen


def default_of(choices: Collection[Choice]) -> Choice | None:
    """The account somebody used last, else the only one; None where that does not decide, or none fits.

    Nothing else pays unasked for one that would, were nothing overdue.
    """
    fitting = [one for one in choices if one.fault in {None, Fault.OVERDUE}]
    used = [one for one in fitting if one.last_hold_id is not None]
    found = fitting[0] if len(fitting) == 1 else None
    if used:
        found = max(used, key=lambda one: one.last_hold_id or 0)
    return found if found is not None and found.fault is None else None


@dataclass(frozen=True, slots=True)
class Standing:
    """What is held for a reservation or an order: how much, in which account, by whose account of use."""

    payer_id: int
    user_id: int
    use_id: int | None
    amount_fen: int


def gone(holding: Standing) -> Choice:
    """The account that holds for a use although the person may use it no more: good for that much."""
    return Choice(holding.payer_id, "", "", PayerKind.GRANT, holding.amount_fen, fault=Fault.GONE)


def named(choices: Sequence[Choice], payer_id: int | None) -> Choice | None:
    """The account of this id among them."""
    return next((one for one in choices if one.id == payer_id), None)
