"""The Flask extensions, made once and bound to the application by `create_app`."""

from collections.abc import Callable, Sequence
from typing import Any, Concatenate, ParamSpec, TypeVar

from flask_babel import Babel
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from flask_wtf import CSRFProtect
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from booking.database import engines, transactions
from models.base import Base

P = ParamSpec("P")
T = TypeVar("T")


class WrittenWhileReadingError(AssertionError):
    """Something was changed that only a transaction may change."""


class Reading(FlaskSession):
    """The session of a request: it reads, each statement by itself, and never writes."""

    def get_bind(self, *_asked: Any, **_named: Any) -> Engine:
        """The application's one engine, for statements by themselves."""
        return engines.reads_alone(self._db.engine)

    def flush(self, objects: Sequence[Any] | None = None) -> None:  # noqa: ARG002
        """Nothing was changed; raises WrittenWhileReadingError otherwise."""
        if self.new or self.dirty or self.deleted:
            raise WrittenWhileReadingError


db = SQLAlchemy(metadata=Base.metadata, session_options={"class_": Reading})
migrate = Migrate()
babel = Babel()
login_manager = LoginManager()
csrf = CSRFProtect()


def reading() -> Session:
    """The request's session for reading, each statement by itself; writes go through `transaction`."""
    return db.session()


def transaction(work: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run one service function in its own transaction; what was read before is let go first."""
    db.session.remove()
    return transactions.transaction(db.engine, work, *args, **kwargs)
