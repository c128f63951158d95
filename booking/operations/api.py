"""The state of the service in the HTTP API."""

from flask import Blueprint, current_app, jsonify
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict

from booking.accounts.permissions import Permission, require
from booking.operations.settings_shown import settings_shown
from booking.operations.storage import storage
from booking.settings import Settings
from booking.web.extensions import reading
from booking.web.openapi import documented
from booking.web.signed_in import require_actor

bp = Blueprint("operations_api", __name__, url_prefix="/api/v1")


class SettingAnswer(BaseModel):
    """One setting; secrets are masked."""

    model_config = ConfigDict(from_attributes=True)

    variable: str
    value: str
    default: str
    meaning: str
    is_changed: bool


class SpaceAnswer(BaseModel):
    """What the files of an organisation take."""

    model_config = ConfigDict(from_attributes=True)

    organisation_id: int
    name_zh: str
    name_en: str
    used_bytes: int


class SystemAnswer(BaseModel):
    """Settings and storage; `revision` is the version of the schema."""

    model_config = ConfigDict(from_attributes=True)

    engine: str
    engine_version: str
    revision: str
    database_bytes: int
    free_bytes: int
    rows: dict[str, int]
    rows_are_estimates: bool
    spaces: list[SpaceAnswer]
    settings: list[SettingAnswer] = []


@bp.get("/system")
@documented(tag="operations", answers={200: SystemAnswer}, refusals=(401, 403))
def show_system() -> ResponseReturnValue:
    """The settings without their secrets, and what the data takes."""
    require(require_actor(), Permission.SEE_SYSTEM)
    settings: Settings = current_app.config["SETTINGS"]
    found = SystemAnswer.model_validate(storage(reading(), settings.data_dir))
    answer = found.model_copy(
        update={"settings": [SettingAnswer.model_validate(one) for one in settings_shown(settings)]}
    )
    return jsonify(answer.model_dump(mode="json"))
