"""Words of the voucher programmes: what they cover, what they leave out, how they are used and paid out."""

from enum import StrEnum


class ServiceType(StrEnum):
    """What a voucher may pay a share of."""

    INSTRUMENT_SHARING = "instrument_sharing"
    SHARED_LABORATORY = "shared_laboratory"
    TESTING = "testing"
    PROOF_OF_CONCEPT = "proof_of_concept"
    PILOT_SCALE = "pilot_scale"
    COMPUTING = "computing"


class Exclusion(StrEnum):
    """What a programme does not pay for, whatever the service."""

    STATUTORY_TESTING = "statutory_testing"
    SAME_LEGAL_PERSON = "same_legal_person"
    RELATED_PARTY = "related_party"
    FUNDED_OTHERWISE = "funded_otherwise"


class ProgrammeDocument(StrEnum):
    """A paper that is handed in, in the order in which a pack has them."""

    APPLICATION = "application"
    BUSINESS_LICENCE = "business_licence"
    ENTERPRISE_KIND = "enterprise_kind"
    CONTRACT = "contract"
    INVOICE = "invoice"
    BANK_RECEIPT = "bank_receipt"
    RESULT_PROOF = "result_proof"
    PROVIDER_PAPERS = "provider_papers"


class RedeemedBy(StrEnum):
    """Who gets the money: the enterprise, which pays in full first, or the provider, which deducts on the bill."""

    ENTERPRISE = "enterprise"
    PROVIDER = "provider"


class ReservesBudget(StrEnum):
    """When the budget is set aside: when a voucher is issued, or when it is used; never where it lives elsewhere."""

    ISSUE = "issue"
    HOLD = "hold"
    NEVER = "never"


class CountsOn(StrEnum):
    """The date that is compared with the programme's days and names the year of the cap."""

    SERVICE = "service"
    INVOICE = "invoice"


class BearsDifference(StrEnum):
    """Who bears it when less is approved than was asked for."""

    ENTERPRISE = "enterprise"
    PROVIDER = "provider"


class BorderWay(StrEnum):
    """How the two provinces settle a use across the border."""

    HOME_PAYS = "home_pays"
    ADVANCE_THEN_NET = "advance_then_net"


class MarkKind(StrEnum):
    """Where a value comes from: a published text, or an assumption that may change."""

    SOURCED = "sourced"
    ASSUMED = "assumed"


class Limit(StrEnum):
    """What can decide how much is covered."""

    SHARE = "share"
    CREDIT = "credit"
    YEAR_CAP = "year_cap"
    BUDGET = "budget"


class Reason(StrEnum):
    """Why nothing is covered."""

    SERVICE_NOT_COVERED = "service_not_covered"
    NOT_RECOGNISED = "provider_not_recognised"
    STATUTORY_TESTING = "statutory_testing"
    SAME_LEGAL_PERSON = "same_legal_person"
    RELATED_DECLARED = "related_declared"
    RELATED_FLAGGED = "related_flagged"
    FUNDED_OTHERWISE = "funded_otherwise"
    TOO_EARLY = "too_early"
    AFTER_USE_BY = "after_use_by"
