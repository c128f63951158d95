"""What nobody does to their own lasting advantage while they only stand in for somebody: a delegated right ends."""

from booking.accounts.permissions import Permission, gives
from booking.core.actors import Actor, Target
from booking.core.errors import Forbidden, InvalidInput, Problem
from booking.core.texts import N_
from models.vocabulary.accounts import ScopeKind

NOT_ONESELF = N_("您在代行他人的职责，不能为自己办理。请由本人或其他管理员办理。")
NOT_OWN_UNIT = N_("您在代行他人的职责，不能把仪器移入您自己有角色的部门。")


class NotForOneself(Forbidden):
    """Whoever only stands in for somebody decides nothing about themselves."""

    code = "not_for_oneself"
    sentence = NOT_ONESELF


def only_stands_in(actor: Actor, permission: Permission, target: Target) -> bool:
    """Whether the actor holds `permission` at `target`, and by standing in for others alone."""
    giving = [grant for grant in actor.grants if gives(grant, permission, target)]
    return bool(giving) and all(grant.is_delegated for grant in giving)


def names_oneself(actor: Actor, permission: Permission, target: Target, user_id: int) -> bool:
    """Whether somebody who only stands in would give something to themselves."""
    return user_id == actor.id and only_stands_in(actor, permission, target)


def refuse_oneself(actor: Actor, permission: Permission, target: Target, user_id: int) -> None:
    """Let nobody who only stands in decide about themselves; raises NotForOneself."""
    if names_oneself(actor, permission, target, user_id):
        raise NotForOneself


def refuse_naming_oneself(actor: Actor, permission: Permission, target: Target, user_id: int, field: str) -> None:
    """Let nobody who only stands in name themselves; raises InvalidInput at the field."""
    if names_oneself(actor, permission, target, user_id):
        raise InvalidInput([Problem(field, NOT_ONESELF)])


def own_units(actor: Actor) -> frozenset[int]:
    """The units at which the actor has a role of their own."""
    own = [one for one in actor.grants if not one.is_delegated and one.scope_kind == ScopeKind.UNIT]
    return frozenset(one.scope_id for one in own if one.scope_id is not None)
