"""Who is acting: a value made once per request, so that deciding needs no further reads."""

from dataclasses import dataclass, field

from models.vocabulary.accounts import Language, Role, ScopeKind


@dataclass(frozen=True, slots=True)
class HeldGrant:
    """A role in force within a scope; `scope_id` is None for the platform, a delegated one stands in for another."""

    role: Role
    scope_kind: ScopeKind
    scope_id: int | None
    is_delegated: bool = False


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person with the grants in force today, and where the request came from."""

    id: int
    email: str
    name: str
    language: Language = Language.CHINESE
    grants: tuple[HeldGrant, ...] = ()
    may_write: bool = True
    address: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """What a permission is asked about: where it stands in organisation → unit → instrument."""

    organisation_id: int | None = None
    unit_id: int | None = None
    instrument_id: int | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """Everything a permission reaches for one actor; `everywhere` makes the id sets irrelevant."""

    everywhere: bool = False
    organisation_ids: frozenset[int] = field(default=frozenset())
    unit_ids: frozenset[int] = field(default=frozenset())
    instrument_ids: frozenset[int] = field(default=frozenset())

    def __bool__(self) -> bool:
        """Whether it reaches anything at all."""
        return self.everywhere or bool(self.organisation_ids or self.unit_ids or self.instrument_ids)
