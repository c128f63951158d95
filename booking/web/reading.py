"""Reading requests: JSON bodies, queries and page forms into the models of `forms.py`."""

from collections.abc import Mapping
from typing import Any, TypeVar

from flask import request
from pydantic import BaseModel
from werkzeug.exceptions import BadRequest

from booking.core import forms
from booking.core.errors import InvalidInput, Problem, Refused, Unreadable
from booking.core.texts import N_

FormT = TypeVar("FormT", bound=BaseModel)


class UnsupportedMedia(Refused):
    """The body is of a type that this address does not read."""

    status = 415
    code = "unsupported_media_type"
    sentence = N_("请求内容须为 application/json。")


def read_json(form: type[FormT]) -> FormT:
    """The JSON object in the body as a `form`; raises UnsupportedMedia, Unreadable or InvalidInput."""
    if not request.is_json:
        raise UnsupportedMedia
    try:
        values = request.get_json()
    except (BadRequest, UnicodeDecodeError, RecursionError) as broken:
        raise Unreadable(N_("请求内容不是有效的 JSON。")) from broken
    if not isinstance(values, dict):
        raise InvalidInput([Problem("body", N_("应为对象。"))])
    return forms.read(form, values)


def read_query(form: type[FormT]) -> FormT:
    """The query string as a `form`; empty values mean not given, repeated ones become lists."""
    return forms.read(form, query_values())


def query_values() -> dict[str, Any]:
    """The query string without empty values; a name given several times has a list."""
    found: dict[str, Any] = {}
    for name, values in request.args.lists():
        filled = [value for value in values if value.strip()]
        if filled:
            found[name] = filled if len(filled) > 1 else filled[0]
    return found


def read_form(form: type[FormT], *moments: str) -> FormT:
    """The posted page form; `moments` names datetime-local fields, read as Asia/Shanghai time."""
    return forms.read(form, posted(*moments))


def posted(*moments: str) -> dict[str, Any]:
    """The posted fields without empty ones and without the CSRF and idempotency fields."""
    hidden = {"csrf_token", "idempotency_key"}
    values: Mapping[str, str] = {k: v for k, v in request.form.items() if v.strip() and k not in hidden}
    return forms.with_local_offset(values, *moments)


def if_match() -> int | None:
    """The version that `If-Match` names, or None; raises Unreadable when it is no version of ours."""
    header = request.headers.get("If-Match", "").strip()
    if not header or header == "*":
        return None
    text = header.removeprefix("W/").strip('"')
    if not text.isdecimal() or len(text) > 9:
        raise Unreadable(N_("If-Match 无效。"))
    return int(text)
