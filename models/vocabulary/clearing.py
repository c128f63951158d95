"""Words of clearing: the accounts of a pair of provinces, what is added up of them, and the steps of a statement."""

from enum import StrEnum


class PairSide(StrEnum):
    """The accounts of a pair of provinces."""

    SOURCE = "source"
    CAPTURED = "captured"
    PAID = "paid"
    OWED = "owed"
    SETTLED = "settled"


class Figure(StrEnum):
    """What a month of a pair says."""

    CAPTURED = "captured"
    GIVEN_BACK = "given_back"
    NOT_APPROVED = "not_approved"
    PAID = "paid"
    CLAWED_BACK = "clawed_back"
    OWED = "owed"


class ClearingStep(StrEnum):
    """What was done with a statement after it was closed."""

    CONFIRM = "confirm"
    OBJECT = "object"
    ANSWER = "answer"
    SETTLE = "settle"
    REVERSE = "reverse"


class ClearingState(StrEnum):
    """How far a month of two provinces is: `open` while it lasts, then `due`; `empty` before the first."""

    EMPTY = "empty"
    OPEN = "open"
    DUE = "due"
    CLOSED = "closed"
    OBJECTED = "objected"
    CONFIRMED = "confirmed"
    SETTLED = "settled"
