"""Words of the accounts: roles, scopes, what a mailed or personal token is for."""

from enum import StrEnum


class Role(StrEnum):
    """What somebody may be, within a scope and between two days."""

    RESEARCHER = "researcher"
    LEAD = "lead"
    STEWARD = "steward"
    TECHNICIAN = "technician"
    TRAINER = "trainer"
    REVIEWER = "reviewer"
    INSTITUTION_FINANCE = "institution_finance"
    INSTITUTION_ADMIN = "institution_admin"
    ENTERPRISE_AGENT = "enterprise_agent"
    VOUCHER_OFFICER = "voucher_officer"
    OPERATOR = "operator"
    AUDITOR = "auditor"
    PLATFORM_ADMIN = "platform_admin"


class ScopeKind(StrEnum):
    """Where a grant holds; an organisation reaches its units and instruments, the platform everything."""

    PLATFORM = "platform"
    ORGANISATION = "organisation"
    UNIT = "unit"
    INSTRUMENT = "instrument"


class TokenPurpose(StrEnum):
    """What a link sent by mail does, once."""

    CONFIRM_ADDRESS = "confirm_address"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - a purpose, not a secret
    RENEW_AFFILIATION = "renew_affiliation"
    CHANGE_ADDRESS = "change_address"
    MOVE_ADDRESS = "move_address"


class TokenScope(StrEnum):
    """What a personal access token may do."""

    READ = "read"
    WRITE = "write"


class Language(StrEnum):
    """Languages a person can choose."""

    CHINESE = "zh"
    ENGLISH = "en"


class AccountState(StrEnum):
    """How far an account has come; one that was deactivated is nothing else."""

    CONFIRMED = "confirmed"
    UNCONFIRMED = "unconfirmed"
    DEACTIVATED = "deactivated"
