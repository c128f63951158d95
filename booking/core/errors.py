"""What can be refused, as facts with a status and a code; pages and the API render them."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from booking.core.texts import N_


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one field: a Chinese source sentence with named values to fill in."""

    field: str
    message: str
    values: Mapping[str, Any] = dataclasses.field(default_factory=dict)


class Refused(Exception):  # noqa: N818 - exceptions here are named as facts
    """The base of every refusal: an HTTP status, a stable code and a sentence for the person."""

    status = 422
    code = "refused"
    sentence = N_("这个操作不能完成。")

    def __init__(self, sentence: str | None = None, **values: Any) -> None:
        """Keep the sentence (Chinese source text) and the values it names."""
        super().__init__(sentence or self.sentence)
        self.sentence = sentence or self.sentence
        self.values = values


class InvalidInput(Refused):
    """Fields that cannot be read as what they should be; carries every problem."""

    code = "invalid_input"
    sentence = N_("有些内容需要更正。")

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Keep every problem, in the order of the fields."""
        super().__init__()
        self.problems = list(problems)


class Unreadable(Refused):
    """The request itself cannot be read: not JSON, not UTF-8, a broken cursor."""

    status = 400
    code = "unreadable"
    sentence = N_("无法读取这个请求。")


class NotSignedIn(Refused):
    """Somebody must sign in for this."""

    status = 401
    code = "not_signed_in"
    sentence = N_("请先登录。")


class Forbidden(Refused):
    """The person may read this but not do that."""

    status = 403
    code = "forbidden"
    sentence = N_("您没有进行这个操作的权限。")


class NotFound(Refused):
    """It does not exist, or the person may not know that it does."""

    status = 404
    code = "not_found"
    sentence = N_("没有找到，可能已被移除，或者您无权查看。")


class Conflict(Refused):
    """The thing changed meanwhile, or its state does not allow this step."""

    status = 409
    code = "conflict"
    sentence = N_("内容已被他人修改，请刷新后重试。")


class StaleVersion(Refused):
    """`If-Match` names a version that is no longer the current one (RFC 9110 §13.1.1)."""

    status = 412
    code = "stale_version"
    sentence = N_("您看到的版本已经过期，请刷新后重试。")


class TooMany(Refused):
    """Too many attempts; `retry_after` is in seconds (RFC 6585 §4)."""

    status = 429
    code = "too_many"
    sentence = N_("尝试次数过多，请在 %(minutes)s 分钟后再试。")

    def __init__(self, retry_after: int) -> None:
        """Keep the seconds to wait, and say them in minutes."""
        super().__init__(minutes=max(1, -(-retry_after // 60)))
        self.retry_after = retry_after
