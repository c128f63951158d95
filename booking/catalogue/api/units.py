"""What units and institutions set once for their instruments, and the names of units."""

from flask import Response
from pydantic import BaseModel

from booking.catalogue import sharing
from booking.catalogue.api.answering import json_answer
from booking.catalogue.api.records import EDITING, who
from booking.catalogue.sharing_forms import SettingsEdit, SettingsForm, UnitEdit
from booking.web.extensions import reading, transaction
from booking.web.openapi import documented
from booking.web.reading import read_json
from booking.web.signed_in import require_actor

READING = (401, 403, 404)


class UnitEntry(BaseModel):
    """A unit of an organisation."""

    id: int
    version: int
    organisation_id: int
    name_zh: str
    name_en: str


class SettingsAnswer(SettingsForm):
    """What a unit or an institution sets; null is not set."""

    organisation_id: int
    unit_id: int | None
    version: int


@documented(tag="organisations", answers={200: UnitEntry}, refusals=READING)
def unit(unit_id: int) -> Response:
    """A unit, for who may edit it."""
    return _unit(unit_id)


@documented(tag="organisations", body=UnitEdit, answers={200: UnitEntry}, refusals=EDITING)
def rename(unit_id: int) -> Response:
    """Give a unit other names."""
    form = read_json(UnitEdit)
    transaction(sharing.rename_unit, unit_id, form.names(), **who(form))
    return _unit(unit_id)


@documented(tag="organisations", answers={200: SettingsAnswer}, refusals=READING)
def unit_settings(unit_id: int) -> Response:
    """What a unit sets for its instruments."""
    return _settings(_place(unit_id))


@documented(tag="organisations", body=SettingsEdit, answers={200: SettingsAnswer}, refusals=EDITING)
def edit_unit_settings(unit_id: int) -> Response:
    """Set everything that a unit sets for its instruments; what is left open is not set."""
    return _edited(_place(unit_id))


@documented(tag="organisations", answers={200: SettingsAnswer}, refusals=READING)
def settings(organisation_id: int) -> Response:
    """What an institution sets for its instruments."""
    return _settings((organisation_id, None))


@documented(tag="organisations", body=SettingsEdit, answers={200: SettingsAnswer}, refusals=EDITING)
def edit_settings(organisation_id: int) -> Response:
    """Set everything that an institution sets for its instruments; what is left open is not set."""
    return _edited((organisation_id, None))


def _unit(unit_id: int) -> Response:
    """The unit as it is now, with its version as ETag."""
    found = sharing.unit_for(reading(), unit_id, require_actor())
    response = json_answer(UnitEntry(**{name: getattr(found, name) for name in UnitEntry.model_fields}))
    response.set_etag(str(found.version))
    return response


def _place(unit_id: int) -> sharing.Place:
    """Where a unit stands, for who may edit it."""
    return sharing.unit_for(reading(), unit_id, require_actor()).organisation_id, unit_id


def _edited(place: sharing.Place) -> Response:
    """Set and answer."""
    form = read_json(SettingsEdit)
    transaction(sharing.edit_settings, place, form, **who(form))
    return _settings(place)


def _settings(place: sharing.Place) -> Response:
    """What is set at this level now, with its version as ETag."""
    row = sharing.settings_of(reading(), place, require_actor())
    names = set(SettingsAnswer.model_fields) - set(row.policy)
    values = {name: getattr(row, name) for name in names if hasattr(row, name)}
    response = json_answer(SettingsAnswer(**values, **row.policy))
    response.set_etag(str(row.version))
    return response
