"""The settings of this process as a page may show them: never a secret."""

import re
from dataclasses import dataclass
from typing import Any

from booking.settings import Settings

HIDDEN = "•••"
_SECRET = re.compile(r"key|token|secret|password", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ShownSetting:
    """One setting: its variable, its value with every secret masked, its default, its meaning."""

    variable: str
    value: str
    default: str
    meaning: str
    is_changed: bool


def settings_shown(settings: Settings) -> list[ShownSetting]:
    """Every setting in the order of its definition."""
    return [
        ShownSetting(
            variable=f"BOOKING_{name.upper()}",
            value=shown(name, getattr(settings, name)),
            default=shown(name, field.default),
            meaning=field.description or "",
            is_changed=getattr(settings, name) != field.default,
        )
        for name, field in Settings.model_fields.items()
    ]


def shown(name: str, value: Any) -> str:
    """A value as text; a secret as dots, a URL without what stands before its last @ but the name."""
    text = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    if text and _SECRET.search(name):
        return HIDDEN
    return without_credentials(text) if "://" in text else text


def without_credentials(url: str) -> str:
    """The URL with its password and every value of its query masked, however they are written."""
    scheme, rest = url.split("://", 1)
    credentials, at, place = rest.rpartition("@")
    if at and not scheme.startswith("sqlite"):
        user, has_password, _ = credentials.partition(":")
        rest = f"{user}:{HIDDEN}@{place}" if has_password else f"{HIDDEN}@{place}"
    path, _, query = rest.partition("?")
    masked = "&".join(f"{part.partition('=')[0]}={HIDDEN}" for part in query.split("&") if part)
    return (
        f"{scheme.partition('+')[0] if scheme.startswith('postgresql') else scheme}://{path}{masked and '?' + masked}"
    )
