"""The pages of an institution's user groups."""

from typing import Annotated

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission
from booking.affiliations import group_reading, labels, user_groups
from booking.affiliations.forms import UserGroupForm
from booking.affiliations.views.showing import (
    choices,
    manages,
    problems_in,
    seen_organisation,
    status_of,
    typed_or,
)
from booking.core.clock import utcnow
from booking.core.errors import Conflict, NotFound, Refused, StaleVersion
from booking.core.forms import Blank, PageForm
from booking.web.extensions import reading, transaction
from booking.web.reading import read_form
from booking.web.repeats import create_once, new_key
from booking.web.signed_in import require_actor
from models.affiliations import UserGroup


class GroupPage(UserGroupForm, PageForm):
    """A user group as the page sends it, with the version it was made from."""

    version: Annotated[int | None, Blank] = None

    def group(self) -> UserGroupForm:
        """The group alone."""
        return UserGroupForm(**self.model_dump(exclude={"version"}))


def groups(organisation_id: int) -> ResponseReturnValue:
    """Show the user groups of an institution with the form for another."""
    return _page(organisation_id)


def add_group(organisation_id: int) -> ResponseReturnValue:
    """Add a user group."""
    seen_organisation(organisation_id, Permission.MANAGE_AFFILIATIONS)
    actor, now = require_actor(), utcnow()
    try:
        form = read_form(GroupPage).group()

        def work(session: Session) -> dict[str, int]:
            return {"id": user_groups.add_group(session, organisation_id, form, actor=actor, now=now).id}

        create_once(work, actor=actor, now=now)
    except Refused as refused:
        return _page(organisation_id, refused)
    return _done(organisation_id, _("已添加。"))


def group(group_id: int) -> ResponseReturnValue:
    """Show one user group for editing."""
    return _group_page(_managed(group_id))


def edit_group(group_id: int) -> ResponseReturnValue:
    """Change a user group."""
    found = _managed(group_id)
    try:
        typed = read_form(GroupPage)
        transaction(
            user_groups.edit_group,
            group_id,
            typed.group(),
            actor=require_actor(),
            now=utcnow(),
            expected_version=typed.version,
        )
    except StaleVersion:
        return _group_page(found, Conflict())
    except Refused as refused:
        return _group_page(found, refused)
    return _done(found.organisation_id, _("已保存。"))


def remove_group(group_id: int) -> ResponseReturnValue:
    """Remove a user group that nobody is in."""
    found = _managed(group_id)
    try:
        transaction(user_groups.remove_group, group_id, actor=require_actor(), now=utcnow())
    except Conflict as refused:
        return _page(found.organisation_id, refused)
    return _done(found.organisation_id, _("已移除。"))


def _done(organisation_id: int, sentence: str) -> ResponseReturnValue:
    """Back to the list, saying what happened."""
    flash(sentence, "right")
    return redirect(url_for(".groups", organisation_id=organisation_id), code=303)


def _managed(group_id: int) -> UserGroup:
    """The group, for who may edit it; raises NotSignedIn or NotFound."""
    actor = require_actor()
    found = reading().get(UserGroup, group_id)
    if found is None or not manages(actor, found.organisation_id):
        raise NotFound
    return found


def _page(organisation_id: int, refused: Refused | None = None) -> ResponseReturnValue:
    """The list with the form for another group."""
    organisation, session = seen_organisation(organisation_id), reading()
    page = render_template(
        "affiliations/groups.html",
        organisation=organisation,
        groups=group_reading.groups_of(session, organisation_id),
        may_manage=manages(require_actor(), organisation_id),
        form=typed_or({"side": "inside", "audience": "assigned"}, refused),
        problems=problems_in(refused),
        key=new_key(),
        **_choices(),
    )
    return page, status_of(refused)


def _group_page(found: UserGroup, refused: Refused | None = None) -> ResponseReturnValue:
    """One group in its form."""
    standing = {name: getattr(found, name) for name in (*UserGroupForm.model_fields, "version")}
    page = render_template(
        "affiliations/group.html",
        organisation=seen_organisation(found.organisation_id),
        group=found,
        form=typed_or(standing, refused),
        problems=problems_in(refused),
        **_choices(),
    )
    return page, status_of(refused)


def _choices() -> dict[str, object]:
    """What the forms of groups choose from."""
    return {"labels": labels, "sides": choices(labels.SIDE), "audiences": choices(labels.AUDIENCE)}
