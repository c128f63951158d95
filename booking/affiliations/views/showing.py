"""What the pages of affiliations share: who may look, what was typed and refused, names for choices."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from flask import request
from flask_babel import gettext as _

from booking.accounts.permissions import Permission, may, require
from booking.affiliations import group_reading
from booking.core.actors import Actor, Target
from booking.core.errors import InvalidInput, Refused
from booking.directory import queries as directory
from booking.web.errors import problems_of, sentence_of
from booking.web.extensions import reading
from booking.web.languages import in_language
from booking.web.signed_in import require_actor
from models.directory import Organisation


def seen_organisation(organisation_id: int, permission: Permission = Permission.SEE_AFFILIATIONS) -> Organisation:
    """The organisation, for who may see its people; raises NotFound, NotSignedIn or Forbidden."""
    found = directory.organisation(reading(), organisation_id)
    require(require_actor(), permission, Target(organisation_id=organisation_id))
    return found


def manages(actor: Actor, organisation_id: int) -> bool:
    """Whether the actor decides on the organisation's people."""
    return may(actor, Permission.MANAGE_AFFILIATIONS, Target(organisation_id=organisation_id))


def problems_in(refused: Refused | None) -> dict[str, list[str]]:
    """The sentences of a refusal by field; one about the whole stands under no field."""
    if refused is None:
        return {}
    return problems_of(refused) if isinstance(refused, InvalidInput) else {"": [sentence_of(refused)]}


def status_of(refused: Refused | None) -> int:
    """200, or the refusal's."""
    return refused.status if refused else 200


def typed_or(standing: Mapping[str, Any], refused: Refused | None) -> dict[str, Any]:
    """What was typed and refused, else what stands; nothing is an empty field."""
    values = {name: "" if value is None else value for name, value in standing.items()}
    return values | request.form.to_dict() if refused else values


def choices(labels: Mapping[Any, str]) -> list[tuple[str, str]]:
    """Values with their names, for a select."""
    return [(str(value.value if isinstance(value, StrEnum) else value), _(label)) for value, label in labels.items()]


def named(rows: Iterable[Any]) -> list[tuple[str, str]]:
    """Rows with a name in both languages, for a select."""
    return [(str(row.id), in_language(row.name_zh, row.name_en)) for row in rows]


def unit_choices(organisation_id: int) -> list[tuple[str, str]]:
    """The units of an organisation."""
    return named(directory.units(reading(), organisation_id))


def group_choices(organisation_id: int) -> list[tuple[str, str]]:
    """The stored user groups of an organisation."""
    return named(group_reading.stored_groups(reading(), organisation_id))
