"""Reading text from outside into typed values, with every problem named at its field.

Pages and JSON share the models; what the library says in English becomes a Chinese source sentence.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from booking.core.errors import InvalidInput, Problem
from booking.core.money import fen_from_yuan
from booking.core.texts import N_

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)

# Every control character (Cc) but line end and tab, and lone surrogates (Cs).
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_NAIVE = re.compile(r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?$")

SENTENCES = {
    "missing": N_("请填写此项。"),
    "blank": N_("请填写此项。"),
    "extra_forbidden": N_("没有这个字段。"),
    "string_type": N_("应为文字。"),
    "string_too_short": N_("至少 %(min_length)s 个字符。"),
    "string_too_long": N_("最多 %(max_length)s 个字符。"),
    "string_pattern_mismatch": N_("格式不正确。"),
    "int_type": N_("应为整数。"),
    "int_parsing": N_("应为整数。"),
    "int_parsing_size": N_("数字过大。"),
    "int_from_float": N_("应为整数。"),
    "float_type": N_("应为数字。"),
    "float_parsing": N_("应为数字。"),
    "finite_number": N_("应为有限的数字。"),
    "decimal_parsing": N_("应为数字。"),
    "bool_type": N_("应为是或否。"),
    "bool_parsing": N_("应为是或否。"),
    "greater_than": N_("应大于 %(gt)s。"),
    "greater_than_equal": N_("不能小于 %(ge)s。"),
    "less_than": N_("应小于 %(lt)s。"),
    "less_than_equal": N_("不能大于 %(le)s。"),
    "enum": N_("不在可选范围内。"),
    "one_of_both": N_("请只填写其中一项。"),
    "literal_error": N_("不在可选范围内。"),
    "list_type": N_("应为列表。"),
    "too_long": N_("最多 %(max_length)s 项。"),
    "too_short": N_("至少 %(min_length)s 项。"),
    "dict_type": N_("应为对象。"),
    "model_type": N_("应为对象。"),
    "model_attributes_type": N_("应为对象。"),
    "date_from_datetime_parsing": N_("日期格式应为 年-月-日。"),
    "date_parsing": N_("日期格式应为 年-月-日。"),
    "date_from_datetime_inexact": N_("日期格式应为 年-月-日。"),
    "date_type": N_("日期格式应为 年-月-日。"),
    "naive_moment": N_("时间须带时区，例如 2026-11-25T13:00:00+08:00。"),
    "unreadable_moment": N_("时间格式不正确，例如 2026-11-25T13:00:00+08:00。"),
    "far_moment": N_("年份须在 2000 至 2099 之间。"),
    "control_characters": N_("含有不可用的控制字符。"),
    "email": N_("邮箱地址不正确。"),
    "web_address": N_("应为 http:// 或 https:// 开头的网址。"),
    "two_decimals": N_("应为不小于 0 的数字，小数最多两位，例如 185.50。"),
    "amount_too_large": N_("金额最多 %(limit)s 元。"),
    "tax_number": N_("税号应为 18 位统一社会信用代码，且校验位相符。"),
    "invoice_number": N_("发票号码只能有数字和字母。"),
    "twice": N_("同一张结算单只能填一次。"),
    "claimed_twice": N_("同一笔金额只能申请一次。"),
    "term_ends": N_("应为最多四个 月-日，以空格分开，例如 01-20 07-10。"),
    "amount_wan": N_("应为以万元计的金额，小数最多 6 位，例如 185.5。"),
    "opening_hours": N_("开放时间的写法如 1-5 09:00-18:00; 6 09:00-12:00，同一天的时段不能重叠。"),
    "feed_scope": N_("仪器的订阅须指明仪器，我的预约则不必。"),
    "suspension_scope": N_("请指明一台仪器或一个单位，只选其一。"),
    "password_common": N_("这个密码太常见，容易被猜中，请换一个。"),
    "password_is_address": N_("密码不能与邮箱相同。"),
    "not_agreed": N_("请先勾选同意。"),
    "one_aim": N_("单位和省份最多选一个。"),
    "mine_or_place": N_("自己的和单位的，只选其一。"),
    "period_order": N_("结束时间须晚于开始时间。"),
    "half_period": N_("实际开始和结束须一起填写。"),
}
OTHERWISE = N_("内容不正确。")


class Form(BaseModel):
    """The base of everything read from outside: immutable, unknown fields refused, enums by value."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, defer_build=True)


class PageForm(Form):
    """A form of a page: carries CSRF and idempotency fields beside its own, and empty means not given."""

    model_config = ConfigDict(extra="ignore")


FormT = TypeVar("FormT", bound=BaseModel)


def read(form: type[FormT], values: Mapping[str, Any]) -> FormT:
    """`values` as a `form`; raises InvalidInput with every problem."""
    try:
        return form.model_validate(values)
    except ValidationError as wrong:
        raise InvalidInput([_problem(error) for error in wrong.errors()]) from wrong


def _problem(error: Any) -> Problem:
    """One of the library's errors as a problem at its field (dotted when nested)."""
    context = {key: value for key, value in error.get("ctx", {}).items() if isinstance(value, (str, int, float))}
    name = ".".join(str(part) for part in error["loc"]) or "body"
    return Problem(name, SENTENCES.get(_kind(error["type"], context), OTHERWISE), context)


def _kind(kind: str, context: Mapping[str, Any]) -> str:
    """The error's kind; the length of a text that was cleaned first is reported like that of a list."""
    return f"string_{kind}" if kind in {"too_short", "too_long"} and context.get("field_type") == "Value" else kind


def _clean(value: str) -> str:
    """NFC text with \\n line ends; control characters are refused."""
    text = unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n"))
    if _CONTROL.search(text):
        raise PydanticCustomError("control_characters", "control characters")
    return text


def _single_line(value: str) -> str:
    """Clean text with line ends and tabs as spaces."""
    return " ".join(_clean(value).split())


def _moment(value: Any) -> datetime:
    """RFC 3339 text as an aware UTC moment; naive, unreadable or far-off ones are refused."""
    if isinstance(value, datetime):
        moment = value
    elif not isinstance(value, str) or len(value) > 40:
        raise PydanticCustomError("unreadable_moment", "unreadable")
    else:
        try:
            moment = datetime.fromisoformat(value.strip())
        except ValueError as wrong:
            raise PydanticCustomError("unreadable_moment", "unreadable") from wrong
    if moment.tzinfo is None:
        raise PydanticCustomError("naive_moment", "naive")
    try:
        moment = moment.astimezone(UTC)
    except OverflowError as wrong:
        raise PydanticCustomError("far_moment", "far") from wrong
    if not EARLIEST <= moment < LATEST:
        raise PydanticCustomError("far_moment", "far")
    return moment


def _near_day(day: date) -> date:
    """Refuse days that are centuries away."""
    if not EARLIEST.year <= day.year < LATEST.year:
        raise PydanticCustomError("far_moment", "far")
    return day


def _blank_as_none(value: Any) -> Any:
    """Empty text means not given."""
    return None if isinstance(value, str) and not value.strip() else value


def _filled(value: str) -> str:
    """Refuse empty text."""
    if not value:
        raise PydanticCustomError("blank", "blank")
    return value


Line = Annotated[str, AfterValidator(_single_line)]
"""One line of text; give it a length with `Field(max_length=…)`."""

FilledLine = Annotated[str, AfterValidator(_single_line), AfterValidator(_filled)]
"""One line of text that must not be empty."""

Text = Annotated[str, AfterValidator(_clean)]
"""Several lines of text."""

Moment = Annotated[datetime, BeforeValidator(_moment)]
"""An aware moment from RFC 3339 text, in UTC."""

NearDay = Annotated[date, AfterValidator(_near_day)]
"""A day of this century."""

Blank = BeforeValidator(_blank_as_none)
"""Beside an optional type: empty text is None, as pages send it."""

OptionalDay = Annotated[NearDay | None, Blank]
"""A day that need not be given."""


class Explained(Form):
    """A change that may be explained; the log keeps what is said."""

    change_reason: Annotated[Line, Field(max_length=200)] = ""


class Written(str):
    """An amount in yuan, or a share in percent, as a page sends it."""

    __slots__ = ()


def hundredths(value: Any) -> Any:
    """What a page wrote with at most two decimals as whole hundredths; anything else as it is."""
    if not isinstance(value, Written):
        return value
    try:
        return fen_from_yuan(value)
    except ValueError as wrong:
        raise PydanticCustomError("two_decimals", "not a number with at most two decimals") from wrong


def with_local_offset(values: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """The same values with `datetime-local` texts of the named fields read as Asia/Shanghai time."""
    found = dict(values)
    for name in names:
        text = found.get(name)
        if isinstance(text, str) and _NAIVE.match(text.strip()):
            found[name] = text.strip() + "+08:00"
    return found
