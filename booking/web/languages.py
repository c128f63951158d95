"""Which language a request is answered in: Chinese first, English complete."""

from typing import TypedDict
from urllib.parse import quote, urlencode

from flask import Response, current_app, g, has_request_context, request
from flask_babel import get_locale

LANGUAGES = ("zh", "en")
COOKIE = "language"
A_YEAR = 365 * 24 * 3600


class LanguageLink(TypedDict):
    """The link to the same page in the other language."""

    label: str
    url: str
    lang: str


def chosen() -> str:
    """`?lang=`, else the cookie, else the person's own choice, else what the browser prefers, else Chinese."""
    if not has_request_context():
        return LANGUAGES[0]
    for wish in (request.args.get("lang"), request.cookies.get(COOKIE), _own_choice()):
        if wish in LANGUAGES:
            return wish
    return request.accept_languages.best_match(("zh", "en"), default="zh")


def _own_choice() -> str | None:
    """The language of the signed-in person; a bad token is not this function's business."""
    person = g.get("actor")
    return str(person.language) if person else None


def remember(response: Response) -> Response:
    """Keep an explicit `?lang=` for a year."""
    wish = request.args.get("lang")
    if wish in LANGUAGES and not request.path.startswith(("/api/", "/feeds/")):
        secure = current_app.config["SESSION_COOKIE_SECURE"]
        response.set_cookie(COOKIE, wish, max_age=A_YEAR, samesite="Lax", httponly=True, secure=secure)
    return response


def page_language() -> str:
    """The value of `<html lang>`."""
    return "en" if str(get_locale()) == "en" else "zh-CN"


def language_link() -> LanguageLink:
    """The same address in the other language."""
    other = "zh" if page_language() == "en" else "en"
    # Not by url_for: names in the query may be those of its own arguments.
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]
    is_page = request.endpoint and request.method == "GET"
    path = quote(request.script_root + request.path) if is_page else "/"
    url = f"{path}?{urlencode([*kept, ('lang', other)] if is_page else {'lang': other})}"
    return {"label": "中文" if other == "zh" else "EN", "url": url, "lang": "zh-CN" if other == "zh" else "en"}


def in_language(zh: str, en: str) -> str:
    """The text of a record in the reader's language, else in the other one."""
    return (en or zh) if page_language() == "en" else (zh or en)
