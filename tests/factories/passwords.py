"""One password and its hash, made once because hashing is slow on purpose."""

from functools import cache

from booking.accounts import passwords

PASSWORD = "four words in a row"


@cache
def password_hash() -> str:
    """The hash of PASSWORD."""
    return passwords.hashed(PASSWORD)
