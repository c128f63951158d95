"""The state of the service in the HTTP API."""

from datetime import datetime

from flask import Blueprint, current_app, jsonify
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict

from booking.accounts.permissions import Permission, require
from booking.core.clock import utcnow
from booking.operations.backup_age import Freshness, backup_age
from booking.operations.proving import last_proof
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


class BackupAnswer(BaseModel):
    """A copy that was made: of which moment, where it lies, how large it is."""

    model_config = ConfigDict(from_attributes=True)

    made_at: datetime
    finished_at: datetime
    path: str
    size_bytes: int
    row_count: int


class ProofAnswer(BaseModel):
    """The books were added up again: `faults` are the first lines that are off, `fault_count` says how many are."""

    model_config = ConfigDict(from_attributes=True)

    made_at: datetime
    seconds: int
    fault_count: int
    faults: list[str]


class SystemAnswer(BaseModel):
    """Settings, storage, the last backup and proof of the books; `revision` is the version of the schema."""

    model_config = ConfigDict(from_attributes=True)

    engine: str
    engine_version: str
    revision: str
    database_bytes: int
    attachment_bytes: int
    mail_bytes: int
    import_bytes: int
    free_bytes: int
    rows: dict[str, int]
    rows_are_estimates: bool
    spaces: list[SpaceAnswer]
    backup: Freshness = Freshness.NONE
    last_backup: BackupAnswer | None = None
    last_proof: ProofAnswer | None = None
    settings: list[SettingAnswer] = []


@bp.get("/system")
@documented(tag="operations", answers={200: SystemAnswer}, refusals=(401, 403))
def show_system() -> ResponseReturnValue:
    """The settings without their secrets, what the data takes, the last backup, and whether the books add up."""
    require(require_actor(), Permission.SEE_SYSTEM)
    settings: Settings = current_app.config["SETTINGS"]
    found = SystemAnswer.model_validate(storage(reading(), settings.data_dir))
    age = backup_age(reading(), settings.backup_warn_hours, now=utcnow())
    proof = last_proof(reading())
    answer = found.model_copy(
        update={
            "backup": age.freshness,
            "last_backup": BackupAnswer.model_validate(age.last) if age.last else None,
            "last_proof": ProofAnswer.model_validate(proof) if proof else None,
            "settings": [SettingAnswer.model_validate(one) for one in settings_shown(settings)],
        }
    )
    return jsonify(answer.model_dump(mode="json"))
