"""The Flask extensions, made once and bound to the application by `create_app`."""

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from flask_babel import Babel
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy.orm import Session

from booking.database import transactions
from models.base import Base

P = ParamSpec("P")
T = TypeVar("T")

db = SQLAlchemy(metadata=Base.metadata)
migrate = Migrate()
babel = Babel()
login_manager = LoginManager()
csrf = CSRFProtect()


def reading() -> Session:
    """The request's session for reading; writes go through `transaction`."""
    return db.session()


def transaction(work: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run one service function in its own transaction; what was read before is let go first."""
    db.session.remove()
    return transactions.transaction(db.engine, work, *args, **kwargs)
