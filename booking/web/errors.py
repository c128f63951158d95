"""One handler for everything refused: a page for people, problem+json for the API."""

from collections.abc import Callable
from typing import Any

import structlog
from flask import (
    Flask,
    Response,
    current_app,
    g,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from booking.core.errors import InvalidInput, NotSignedIn, Refused, TooMany
from booking.core.texts import N_
from booking.web.signed_in import uses_token

log = structlog.get_logger()

Extra = Callable[[Refused], dict[str, Any]]

HTTP_SENTENCES = {
    400: N_("无法读取这个请求。"),
    401: N_("请先登录。"),
    403: N_("您没有进行这个操作的权限。"),
    404: N_("没有找到，可能已被移除，或者您无权查看。"),
    405: N_("这个地址不支持此操作。"),
    413: N_("上传的内容过大。"),
    415: N_("不支持这种内容类型。"),
    500: N_("服务出现错误，请稍后再试。如果问题持续，请把请求编号告诉管理员。"),
    503: N_("服务暂时不可用，请稍后再试。"),
}
HTTP_CODES = {
    400: "unreadable",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    500: "internal",
}

TITLES = {
    400: N_("无法读取请求"),
    401: N_("需要登录"),
    403: N_("没有权限"),
    404: N_("没有找到"),
    405: N_("不支持的操作"),
    409: N_("有冲突"),
    410: N_("已停用"),
    412: N_("版本已过期"),
    413: N_("内容过大"),
    415: N_("不支持的内容类型"),
    422: N_("未能完成"),
    429: N_("尝试过多"),
    500: N_("服务出错"),
    503: N_("暂时不可用"),
}


def init_errors(app: Flask) -> None:
    """Register the handlers; features add their own members to problems with `add_to_problem`."""
    app.extensions["problem_extras"] = []
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def add_to_problem(app: Flask, extra: Extra) -> None:
    """Let a feature add members to problem+json, e.g. `refusals`, from its own exceptions."""
    app.extensions["problem_extras"].append(extra)


def wants_json() -> bool:
    """Whether the answer goes to a program."""
    return request.path.startswith("/api/")


def sentence_of(refused: Refused) -> str:
    """The refusal's sentence in the reader's language."""
    return str(gettext(refused.sentence, **refused.values))


def problems_of(invalid: InvalidInput) -> dict[str, list[str]]:
    """The sentences of every problem by field, in the reader's language, as the form macros take them."""
    found: dict[str, list[str]] = {}
    for problem in invalid.problems:
        found.setdefault(problem.field, []).append(gettext(problem.message, **problem.values))
    return found


def problem_json(status: int, code: str, detail: str, **members: Any) -> Response:
    """An `application/problem+json` answer (RFC 9457)."""
    answer = jsonify(
        type=f"urn:chuanyu:problem:{code}",
        title=gettext(TITLES.get(status, TITLES[422])),
        status=status,
        detail=detail,
        code=code,
        request_id=g.get("request_id", ""),
        **members,
    )
    answer.status_code = status
    answer.mimetype = "application/problem+json"
    return answer


def error_page(status: int, detail: str) -> ResponseReturnValue:
    """The one page for every status."""
    title = gettext(TITLES.get(status, TITLES[422]))
    return render_template(
        "errors/error.html", status=status, title=title, message=detail, request_id=g.get("request_id", "")
    ), status


def _refused(refused: Refused) -> ResponseReturnValue:
    """A refusal that no view turned into something better."""
    if isinstance(refused, NotSignedIn) and request.method == "GET" and not (wants_json() or uses_token()):
        return redirect(url_for("accounts.sign_in", next=request.full_path.rstrip("?")), code=303)
    detail = sentence_of(refused)
    if not wants_json():
        response = app_response(error_page(refused.status, detail))
    else:
        response = problem_json(refused.status, refused.code, detail, **_members(refused))
    if isinstance(refused, TooMany):
        response.headers["Retry-After"] = str(refused.retry_after)
    if refused.status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="api"'
    return response


def app_response(answer: ResponseReturnValue) -> Response:
    """The view's answer as a response object."""
    return make_response(answer)


def _members(refused: Refused) -> dict[str, Any]:
    """What a refusal adds to its problem: invalid fields, and what features registered."""
    members: dict[str, Any] = {}
    if isinstance(refused, InvalidInput):
        members["problems"] = [{"field": p.field, "message": gettext(p.message, **p.values)} for p in refused.problems]
    for extra in current_app.extensions["problem_extras"]:
        members.update(extra(refused))
    return members


def _csrf(_error: CSRFError) -> ResponseReturnValue:
    """A form whose token is missing or too old."""
    detail = gettext("页面停留过久或来源不明，请返回后刷新页面再提交。您填写的内容没有保存。")
    return problem_json(400, "csrf", detail) if wants_json() else error_page(400, detail)


def _http(error: HTTPException) -> ResponseReturnValue:
    """What Werkzeug refuses by itself: unknown addresses, methods, bodies that are too large."""
    status = error.code or 500
    if status < 400:
        return error.get_response()
    detail = gettext(HTTP_SENTENCES.get(status, HTTP_SENTENCES[400]))
    answer = (
        problem_json(status, HTTP_CODES.get(status, "refused"), detail)
        if wants_json()
        else app_response(error_page(status, detail))
    )
    for name, value in error.get_headers():
        if name not in {"Content-Type", "Content-Length"}:
            answer.headers[name] = value
    return answer


def _unexpected(error: Exception) -> ResponseReturnValue:
    """A fault of ours: logged with its trace, answered without it."""
    log.exception("unexpected", error=type(error).__name__)
    detail = gettext(HTTP_SENTENCES[500])
    return problem_json(500, "internal", detail) if wants_json() else error_page(500, detail)
