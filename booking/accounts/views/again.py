"""What the pages of accounts share: a form shown again, and where a request came from."""

from typing import Any

from flask import Response, g, make_response, render_template, request

from booking.accounts.audit import Origin
from booking.core.errors import InvalidInput, Refused, TooMany
from booking.web.errors import problems_of, sentence_of


def again(template: str, refused: Refused, **values: Any) -> Response:
    """The form with what was typed (never a password) and every problem, under the refusal's status."""
    problems = problems_of(refused) if isinstance(refused, InvalidInput) else {"": [sentence_of(refused)]}
    page = render_template(template, form=request.form, problems=problems, **values)
    response = make_response(page, refused.status)
    if isinstance(refused, TooMany):
        response.headers["Retry-After"] = str(refused.retry_after)
    return response


def origin() -> Origin:
    """Where the request came from."""
    return Origin(request.remote_addr or "", g.get("request_id", ""))
