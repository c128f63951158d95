"""Words of the contracts: what they are about, where they stand, who signs, and the six topics of their text."""

from enum import StrEnum


class Clause(StrEnum):
    """The six topics that are agreed on with each outside user."""

    SERVICE = "service"
    PROPERTY = "intellectual_property"
    CONFIDENTIALITY = "confidentiality"
    DAMAGES = "damages"
    BREACH = "breach"
    DISPUTES = "disputes"


class ContractScope(StrEnum):
    """What a contract covers: everything of the institution, one instrument, or one sample order."""

    FRAMEWORK = "framework"
    INSTRUMENT = "instrument"
    SAMPLE_ORDER = "sample_order"


class ContractState(StrEnum):
    """Where a contract stands; the last two are its ends."""

    DRAFT = "draft"
    SENT = "sent"
    SIGNED = "signed"
    ENDED = "ended"
    EXPIRED = "expired"


class ContractStep(StrEnum):
    """What somebody does with a contract, or its last day does."""

    ASK = "ask"
    DRAFT = "draft"
    EDIT = "edit"
    SEND = "send"
    RECALL = "recall"
    SIGN = "sign"
    END = "end"
    EXPIRE = "expire"


class ContractSide(StrEnum):
    """Whose signature it is: the institution's that owns the instruments, or the other party's."""

    OWNER = "owner"
    PARTY = "party"


class SignatureKind(StrEnum):
    """What kind of file proves a signature."""

    SCAN = "scan"
    E_SIGNATURE = "e_signature"


class Need(StrEnum):
    """What a use rests on at the least: nothing, an order form accepted by a click, or a contract signed by both.

    One of the institution's own people needs nothing as long as they are (`INSIDE`); nobody does where the
    institution required nothing (`NOTHING`).
    """

    NOTHING = "nothing"
    INSIDE = "inside"
    ORDER_FORM = "order_form"
    CONTRACT = "contract"


NEEDY = (Need.ORDER_FORM, Need.CONTRACT)
"""What must be there before a use may start."""
