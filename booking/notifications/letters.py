"""What a reaction is told, and what it asks to be mailed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from booking.settings import Settings
from models.vocabulary.accounts import Language


@dataclass(frozen=True, slots=True)
class News:
    """One event after its commit, and what the letters about it may ask: the database, the moment, the settings."""

    session: Session
    payload: Mapping[str, Any]
    now: datetime
    settings: Settings

    def link(self, path: str) -> str:
        """The whole address of a page."""
        return f"{self.settings.address}/{path}"


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to one address: `template` names `templates/mail/<template>.txt` (and `.html`).

    The first line of the text template is the subject; `values` are what both templates may name.
    """

    recipient: str
    language: Language
    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
