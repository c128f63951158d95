"""Who is asking: the session cookie and bearer tokens unwrapped in one place.

`app.py` hands over the two loaders, because accounts stand on a higher floor.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from flask import current_app, g, request
from flask_login import UserMixin, current_user

from booking.core.actors import Actor
from booking.core.errors import Forbidden, NotSignedIn, Refused
from booking.core.texts import N_

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Loaders:
    """How an actor is found: by what the session cookie names, or by a bearer token."""

    by_session: Callable[[str], Actor | None]
    by_token: Callable[[str], Actor | None]


class SignedIn(UserMixin):  # type: ignore[misc]
    """What Flask-Login keeps: the actor, and an id that a password change makes invalid."""

    def __init__(self, actor: Actor, session_key: str) -> None:
        """Keep the actor and `<user id>.<credential version>`."""
        self.actor = actor
        self.name = actor.name
        self.session_key = session_key

    def get_id(self) -> str:
        """What is written into the session cookie."""
        return self.session_key


def load_user(session_key: str) -> SignedIn | None:
    """Flask-Login's user loader."""
    actor = _loaders().by_session(session_key)
    return SignedIn(actor, session_key) if actor else None


def actor() -> Actor | None:
    """The person asking, or None; a bearer token that is not in force raises NotSignedIn."""
    if "actor" not in g:
        # The page that says why finding was refused is rendered as for nobody.
        g.actor = None
        g.actor = _find()
    return cast("Actor | None", g.actor)


def reader() -> Actor | None:
    """The person asking as menus and error pages see them: with a token that is refused, nobody."""
    try:
        return actor()
    except Refused:
        return None


def require_actor() -> Actor:
    """The person asking; raises NotSignedIn."""
    found = actor()
    if found is None:
        raise NotSignedIn
    return found


def uses_token() -> bool:
    """Whether the request carries a bearer token, so that no cookie and no CSRF are involved."""
    return request.authorization is not None and request.authorization.type == "bearer"


def signed_in(view: Callable[P, T]) -> Callable[P, T]:
    """A view only for people who are signed in; others are sent to sign in, or get 401."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
        require_actor()
        return view(*args, **kwargs)

    return guarded


def _find() -> Actor | None:
    """The actor by token or by session, with where the request came from."""
    found = _by_token() if uses_token() else _by_session()
    if found is None:
        return None
    if not found.may_write and request.method not in {"GET", "HEAD", "OPTIONS"}:
        raise Forbidden(N_("这个访问令牌只能读取。"))
    return replace(found, address=request.remote_addr or "", request_id=g.get("request_id", ""))


def _by_token() -> Actor | None:
    """The owner of the bearer token; raises NotSignedIn when it is unknown, revoked or expired."""
    token = request.authorization.token if request.authorization else None
    found = _loaders().by_token(token or "")
    if found is None:
        raise NotSignedIn(N_("访问令牌无效、已过期或已撤销。"))
    return found


def _by_session() -> Actor | None:
    """The person of the session cookie."""
    user: Any = current_user
    return cast("Actor", user.actor) if user.is_authenticated else None


def _loaders() -> Loaders:
    """The loaders that `app.py` handed over."""
    return cast("Loaders", current_app.extensions["loaders"])
