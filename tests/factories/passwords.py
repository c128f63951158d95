"""One password and its hash, made once; hashing is slow on purpose, except in tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import pytest
from argon2 import PasswordHasher

from booking.accounts import passwords

PASSWORD = "four words in a row"
AS_SERVED = (passwords._hasher, passwords._NOBODY)
"""What the service hashes with, and what it verifies for nobody."""

QUICK = PasswordHasher(time_cost=1, memory_cost=32, parallelism=4)


@cache
def password_hash() -> str:
    """The hash of PASSWORD."""
    return passwords.hashed(PASSWORD)


@contextmanager
def hashing(hasher: PasswordHasher, nobody: str) -> Iterator[None]:
    """Hash with another hasher in the block."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", hasher)
        patch.setattr(passwords, "_NOBODY", nobody)
        yield
