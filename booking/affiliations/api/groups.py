"""The user groups of an institution."""

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from booking.affiliations import group_reading, user_groups
from booking.affiliations.answers import UserGroupAnswer, UserGroupsAnswer
from booking.affiliations.api.answering import EDITING, TAG, json_answer, require_seen
from booking.affiliations.forms import UserGroupForm
from booking.core.clock import utcnow
from booking.web.extensions import reading, transaction
from booking.web.openapi import documented
from booking.web.reading import if_match, read_json
from booking.web.repeats import create_once
from booking.web.signed_in import require_actor


@documented(tag=TAG, answers={200: UserGroupsAnswer}, refusals=(401, 403, 404))
def listed(organisation_id: int) -> Response:
    """The user groups of an institution, in their order."""
    require_seen(organisation_id)
    groups = group_reading.groups_of(reading(), organisation_id)
    return json_answer(UserGroupsAnswer(items=[UserGroupAnswer.of(group) for group in groups]))


@documented(tag=TAG, body=UserGroupForm, answers={201: UserGroupAnswer}, refusals=EDITING)
def add(organisation_id: int) -> Response:
    """Add a user group; it takes its audience from the group that had it."""
    actor, form, now = require_actor(), read_json(UserGroupForm), utcnow()

    def work(session: Session) -> dict[str, Any]:
        made = user_groups.add_group(session, organisation_id, form, actor=actor, now=now)
        return UserGroupAnswer.of(group_reading.as_group(made)).model_dump(mode="json")

    answer, _repeated = create_once(work, actor=actor, now=now)
    return json_answer(UserGroupAnswer(**answer), 201)


@documented(tag=TAG, body=UserGroupForm, answers={200: UserGroupAnswer}, refusals=EDITING)
def edit(group_id: int) -> Response:
    """Replace a user group."""
    actor, form = require_actor(), read_json(UserGroupForm)
    group = transaction(user_groups.edit_group, group_id, form, actor=actor, now=utcnow(), expected_version=if_match())
    return json_answer(UserGroupAnswer.of(group_reading.as_group(group)), version=group.version)


@documented(tag=TAG, answers={204: None}, refusals=(401, 403, 404, 409))
def remove(group_id: int) -> Response:
    """Remove a user group that nobody is in."""
    transaction(user_groups.remove_group, group_id, actor=require_actor(), now=utcnow())
    return Response(status=204)
