"""The one table of who may do what, and the questions asked of it."""

from enum import StrEnum

from booking.core.actors import Actor, HeldGrant, Reach, Target
from booking.core.errors import Forbidden, InvalidInput, NotSignedIn, Problem
from booking.core.texts import N_
from models.vocabulary.accounts import Role, ScopeKind


class Permission(StrEnum):
    """Things a grant can allow beyond what everybody may do."""

    SEE_RECORD = "see_record"
    EDIT_RECORD = "edit_record"
    ADD_RECORD = "add_record"
    PUBLISH_RECORD = "publish_record"
    REVIEW_RECORD = "review_record"
    TICK_TRAINING = "tick_training"
    CHANGE_OWNER = "change_owner"
    SEE_REPORT_DATES = "see_report_dates"
    DECIDE_EXEMPTIONS = "decide_exemptions"
    SEE_BOOKINGS = "see_bookings"
    DECIDE_BOOKINGS = "decide_bookings"
    MANAGE_BLOCKS = "manage_blocks"
    BOOK_INTERNALLY = "book_internally"
    SUSPEND_PEOPLE = "suspend_people"
    SEE_ENQUIRIES = "see_enquiries"
    ANSWER_ENQUIRIES = "answer_enquiries"
    SEE_SAMPLE_ORDERS = "see_sample_orders"
    HANDLE_SAMPLES = "handle_samples"
    QUOTE_SAMPLES = "quote_samples"
    ORDER_FOR_FIRM = "order_for_firm"
    EDIT_ORGANISATION = "edit_organisation"
    EDIT_UNIT = "edit_unit"
    SEE_IMPORTS = "see_imports"
    IMPORT_RECORDS = "import_records"
    SEE_GRANTS = "see_grants"
    GIVE_GRANTS = "give_grants"
    NAME_AGENTS = "name_agents"
    ANNOUNCE = "announce"
    SEE_AUDIT = "see_audit"
    SEE_AFFILIATIONS = "see_affiliations"
    MANAGE_AFFILIATIONS = "manage_affiliations"
    SEE_REGISTRATIONS = "see_registrations"
    VERIFY_ORGANISATIONS = "verify_organisations"
    SEE_USERS = "see_users"
    CARE_FOR_USERS = "care_for_users"
    HAND_OVER = "hand_over"
    DEACTIVATE_PEOPLE = "deactivate_people"
    SEE_TEAMS = "see_teams"
    CREATE_TEAM = "create_team"
    MANAGE_TEAMS = "manage_teams"
    SEE_SYSTEM = "see_system"
    SEE_JOBS = "see_jobs"
    RUN_JOBS = "run_jobs"
    SEE_MAILBOX = "see_mailbox"
    ERASE_PEOPLE = "erase_people"
    MOVE_ADDRESSES = "move_addresses"
    SET_PRICES = "set_prices"
    SEE_PAYERS = "see_payers"
    MANAGE_PAYERS = "manage_payers"
    SEE_CHARGES = "see_charges"
    SETTLE_CHARGES = "settle_charges"
    SEE_STATEMENTS = "see_statements"
    MANAGE_STATEMENTS = "manage_statements"
    SEE_BILLED = "see_billed"
    SEE_CONTRACTS = "see_contracts"
    MANAGE_CONTRACTS = "manage_contracts"
    SIGN_CONTRACTS = "sign_contracts"
    MANAGE_PROGRAMMES = "manage_programmes"
    MANAGE_RECOGNITIONS = "manage_recognitions"
    SEE_VOUCHERS = "see_vouchers"
    MANAGE_VOUCHERS = "manage_vouchers"
    SEE_BUDGETS = "see_budgets"
    APPLY_FOR_VOUCHERS = "apply_for_vouchers"
    SEE_APPLICATIONS = "see_applications"
    REVIEW_APPLICATIONS = "review_applications"
    CLAIM_REDEMPTIONS = "claim_redemptions"
    SEE_REDEMPTIONS = "see_redemptions"
    REVIEW_REDEMPTIONS = "review_redemptions"
    SEE_REDEMPTION_SAMPLES = "see_redemption_samples"
    SEE_CLEARING = "see_clearing"
    CLEAR_MONTHS = "clear_months"


_ADMINS = frozenset({Role.INSTITUTION_ADMIN, Role.PLATFORM_ADMIN})
_STEWARDS = _ADMINS | {Role.STEWARD}
_STAFF = _STEWARDS | {Role.TECHNICIAN}
_PLATFORM = frozenset({Role.PLATFORM_ADMIN})
_MANAGERS = _ADMINS | {Role.ENTERPRISE_AGENT}
_OFFICERS = frozenset({Role.VOUCHER_OFFICER})
_CLAIMERS = frozenset({Role.ENTERPRISE_AGENT, Role.INSTITUTION_ADMIN, Role.INSTITUTION_FINANCE})

NEEDED_ROLES: dict[Permission, frozenset[Role]] = {
    Permission.SEE_RECORD: _STAFF | {Role.TRAINER, Role.REVIEWER, Role.AUDITOR},
    Permission.EDIT_RECORD: _STEWARDS,
    Permission.ADD_RECORD: _ADMINS,
    Permission.PUBLISH_RECORD: _ADMINS,
    Permission.TICK_TRAINING: _STEWARDS | {Role.TRAINER},
    Permission.CHANGE_OWNER: _ADMINS,
    Permission.SEE_REPORT_DATES: _ADMINS | {Role.AUDITOR},
    Permission.DECIDE_EXEMPTIONS: _PLATFORM,
    Permission.REVIEW_RECORD: frozenset({Role.INSTITUTION_ADMIN, Role.REVIEWER}),
    Permission.SEE_BOOKINGS: _STAFF | {Role.AUDITOR},
    Permission.DECIDE_BOOKINGS: _STEWARDS,
    Permission.MANAGE_BLOCKS: _STAFF,
    Permission.BOOK_INTERNALLY: _STAFF | {Role.RESEARCHER, Role.LEAD},
    Permission.SUSPEND_PEOPLE: _STEWARDS,
    Permission.SEE_ENQUIRIES: _STAFF | {Role.AUDITOR},
    Permission.ANSWER_ENQUIRIES: _STAFF,
    Permission.SEE_SAMPLE_ORDERS: _STAFF | {Role.AUDITOR},
    Permission.HANDLE_SAMPLES: _STAFF,
    Permission.QUOTE_SAMPLES: _STEWARDS,
    Permission.ORDER_FOR_FIRM: frozenset({Role.ENTERPRISE_AGENT}),
    Permission.EDIT_ORGANISATION: _ADMINS,
    Permission.EDIT_UNIT: _STEWARDS,
    Permission.SEE_IMPORTS: _ADMINS | {Role.AUDITOR},
    Permission.IMPORT_RECORDS: _ADMINS,
    Permission.SEE_GRANTS: _MANAGERS | {Role.AUDITOR},
    Permission.GIVE_GRANTS: _ADMINS,
    Permission.NAME_AGENTS: _MANAGERS,
    Permission.ANNOUNCE: _PLATFORM,
    Permission.SEE_AUDIT: _ADMINS | {Role.AUDITOR},
    Permission.SEE_AFFILIATIONS: _MANAGERS | {Role.AUDITOR},
    Permission.MANAGE_AFFILIATIONS: _MANAGERS,
    Permission.SEE_REGISTRATIONS: frozenset({Role.AUDITOR}),
    Permission.VERIFY_ORGANISATIONS: _PLATFORM | {Role.OPERATOR},
    Permission.SEE_USERS: _PLATFORM,
    Permission.CARE_FOR_USERS: _PLATFORM,
    Permission.HAND_OVER: _ADMINS,
    Permission.DEACTIVATE_PEOPLE: _PLATFORM,
    Permission.SEE_TEAMS: _ADMINS | {Role.AUDITOR},
    Permission.CREATE_TEAM: _ADMINS | {Role.LEAD},
    Permission.MANAGE_TEAMS: _ADMINS,
    Permission.SEE_SYSTEM: _PLATFORM | {Role.AUDITOR},
    Permission.SEE_JOBS: _PLATFORM | {Role.AUDITOR},
    Permission.RUN_JOBS: _PLATFORM,
    Permission.SEE_MAILBOX: _PLATFORM,
    Permission.ERASE_PEOPLE: _PLATFORM,
    Permission.MOVE_ADDRESSES: _PLATFORM,
    Permission.SET_PRICES: _STEWARDS | {Role.INSTITUTION_FINANCE},
    Permission.SEE_PAYERS: _ADMINS | {Role.INSTITUTION_FINANCE, Role.AUDITOR},
    Permission.MANAGE_PAYERS: _ADMINS | {Role.INSTITUTION_FINANCE},
    Permission.SEE_CHARGES: _STEWARDS | {Role.INSTITUTION_FINANCE, Role.AUDITOR},
    Permission.SETTLE_CHARGES: _STEWARDS | {Role.INSTITUTION_FINANCE},
    Permission.SEE_STATEMENTS: _ADMINS | {Role.INSTITUTION_FINANCE, Role.AUDITOR},
    Permission.MANAGE_STATEMENTS: _ADMINS | {Role.INSTITUTION_FINANCE},
    Permission.SEE_BILLED: frozenset({Role.ENTERPRISE_AGENT, Role.INSTITUTION_ADMIN, Role.INSTITUTION_FINANCE}),
    Permission.SEE_CONTRACTS: _ADMINS | {Role.INSTITUTION_FINANCE, Role.AUDITOR},
    Permission.MANAGE_CONTRACTS: frozenset({Role.INSTITUTION_ADMIN, Role.INSTITUTION_FINANCE}),
    Permission.SIGN_CONTRACTS: frozenset({Role.ENTERPRISE_AGENT, Role.INSTITUTION_ADMIN, Role.INSTITUTION_FINANCE}),
    Permission.MANAGE_PROGRAMMES: _OFFICERS,
    Permission.MANAGE_RECOGNITIONS: _OFFICERS,
    Permission.SEE_VOUCHERS: _OFFICERS | {Role.ENTERPRISE_AGENT, Role.AUDITOR},
    Permission.MANAGE_VOUCHERS: _OFFICERS,
    Permission.SEE_BUDGETS: _OFFICERS | {Role.AUDITOR},
    Permission.APPLY_FOR_VOUCHERS: frozenset({Role.ENTERPRISE_AGENT}),
    Permission.SEE_APPLICATIONS: _OFFICERS | {Role.AUDITOR},
    Permission.REVIEW_APPLICATIONS: _OFFICERS,
    Permission.CLAIM_REDEMPTIONS: _CLAIMERS,
    Permission.SEE_REDEMPTIONS: _CLAIMERS | _OFFICERS | {Role.AUDITOR},
    Permission.REVIEW_REDEMPTIONS: _OFFICERS,
    Permission.SEE_REDEMPTION_SAMPLES: _OFFICERS | {Role.AUDITOR},
    Permission.SEE_CLEARING: _OFFICERS | {Role.AUDITOR},
    Permission.CLEAR_MONTHS: _OFFICERS,
}

NEVER_DELEGATED = frozenset(
    {
        Permission.GIVE_GRANTS,
        Permission.NAME_AGENTS,
        Permission.CHANGE_OWNER,
        Permission.VERIFY_ORGANISATIONS,
        Permission.DEACTIVATE_PEOPLE,
        Permission.ERASE_PEOPLE,
        Permission.MOVE_ADDRESSES,
        Permission.MANAGE_CONTRACTS,
        Permission.SIGN_CONTRACTS,
        Permission.MANAGE_PROGRAMMES,
        Permission.MANAGE_RECOGNITIONS,
        Permission.MANAGE_VOUCHERS,
        Permission.REVIEW_APPLICATIONS,
        Permission.REVIEW_REDEMPTIONS,
        Permission.CLEAR_MONTHS,
    }
)
"""What gives or takes for good, or binds: roles, also by verifying, instruments, accounts, contracts,
what an authority pays for."""


def may(actor: Actor | None, permission: Permission, target: Target | None = None) -> bool:
    """Whether a grant in force gives `permission` at `target`; no target asks for the whole platform."""
    if actor is None:
        return False
    place = target or Target()
    return any(gives(grant, permission, place) for grant in actor.grants)


def require(actor: Actor | None, permission: Permission, target: Target | None = None) -> Actor:
    """The actor, when allowed; raises NotSignedIn or Forbidden."""
    if actor is None:
        raise NotSignedIn
    if not may(actor, permission, target):
        raise Forbidden
    return actor


def reach(actor: Actor | None, permission: Permission) -> Reach:
    """Everything for which the actor holds `permission`, for filtering in SQL."""
    grants = [g for g in actor.grants if _carries(g, permission)] if actor else []
    return Reach(
        everywhere=any(g.scope_kind == ScopeKind.PLATFORM for g in grants),
        organisation_ids=_ids(grants, ScopeKind.ORGANISATION),
        unit_ids=_ids(grants, ScopeKind.UNIT),
        instrument_ids=_ids(grants, ScopeKind.INSTRUMENT),
    )


def organisation_meant(actor: Actor, permission: Permission, organisation_id: int | None) -> int:
    """The organisation that was named, else the only one for which the actor holds `permission`.

    Whether it is held for the one that was named is for `require` to say. Raises Forbidden where it is held for none,
    and InvalidInput where it is held for several.
    """
    if organisation_id is not None:
        return organisation_id
    own = reach(actor, permission).organisation_ids
    if not own:
        raise Forbidden
    if len(own) > 1:
        raise InvalidInput([Problem("organisation_id", N_("请说明是哪个单位。"))])
    return next(iter(own))


def gives(grant: HeldGrant, permission: Permission, target: Target) -> bool:
    """Whether one grant in force gives `permission` at `target`."""
    return _carries(grant, permission) and covers(grant, target)


def _carries(grant: HeldGrant, permission: Permission) -> bool:
    """Whether the grant gives `permission` anywhere; who stands in for somebody does nothing that outlasts it."""
    return grant.role in NEEDED_ROLES[permission] and not (grant.is_delegated and permission in NEVER_DELEGATED)


def _ids(grants: list[HeldGrant], kind: ScopeKind) -> frozenset[int]:
    """The ids that grants of one kind of scope name."""
    return frozenset(g.scope_id for g in grants if g.scope_kind == kind and g.scope_id is not None)


def covers(grant: HeldGrant, target: Target) -> bool:
    """Whether the grant's scope is the target or above it."""
    if grant.scope_kind == ScopeKind.PLATFORM:
        return True
    named = {
        ScopeKind.ORGANISATION: target.organisation_id,
        ScopeKind.UNIT: target.unit_id,
        ScopeKind.INSTRUMENT: target.instrument_id,
    }[grant.scope_kind]
    return named is not None and named == grant.scope_id
