"""Decisions about payer accounts on values alone: who somebody is to one, and what does not fit its kind."""

from dataclasses import dataclass
from datetime import date

from booking.core.errors import Problem
from booking.core.texts import N_
from models.vocabulary.payers import PayerKind

TESTING_FEES = "测试化验加工费"
"""The budget item of a research project's budget that instruments are paid from."""

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


@dataclass(frozen=True, slots=True)
class Terms:
    """What is said of a payer account beside its amount."""

    budget_item: str = ""
    expires_on: date | None = None
    crosses_provinces: bool = False
    province_rule: str = ""


def budget_item_of(kind: PayerKind, said: str) -> str:
    """The budget item that is kept: a grant's is the one for testing fees unless another is named."""
    return said or (TESTING_FEES if kind == PayerKind.GRANT else "")


def misfits(kind: PayerKind, terms: Terms, known_expiry: date | None, today: date) -> list[Problem]:
    """Everything that does not fit the kind, an expiry that is over, and use in another province without its rule."""
    found = []
    if kind != PayerKind.GRANT and terms.budget_item:
        found.append(Problem("budget_item", N_("只有项目经费有预算科目。")))
    if kind != PayerKind.GRANT and terms.crosses_provinces:
        found.append(Problem("crosses_provinces", N_("只有项目经费需要说明跨省使用。")))
    if terms.crosses_provinces and not terms.province_rule:
        found.append(Problem("province_rule", N_("请写明允许跨省使用的规定。")))
    if terms.province_rule and not terms.crosses_provinces:
        found.append(Problem("province_rule", N_("没有勾选跨省使用，不必填写规定。")))
    if terms.expires_on is not None and terms.expires_on != known_expiry and terms.expires_on < today:
        found.append(Problem("expires_on", N_("到期日不能早于今天。")))
    return found


def has_expired(expires_on: date | None, today: date) -> bool:
    """Whether the last day of an account is over."""
    return expires_on is not None and expires_on < today
