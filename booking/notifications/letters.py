"""What a reaction asks to be mailed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from models.vocabulary.accounts import Language


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to one address: `template` names `templates/mail/<template>.txt` (and `.html`).

    The first line of the text template is the subject; `values` are what both templates may name.
    """

    recipient: str
    language: Language
    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
