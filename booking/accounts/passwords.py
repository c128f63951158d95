"""Hashing passwords with Argon2id (RFC 9106 §4, second recommended option); never inside a transaction."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from booking.accounts.rules import normal_password

_hasher = PasswordHasher(time_cost=3, memory_cost=65536, parallelism=4)

# Verified when there is no account, so that the answer takes as long as for one that exists.
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$cXIGK+34x8fS67CSHY0dSg$cG40r/2YsiYGCo/SIjRN8msErjmi8yDqZKo889mCl3k"


def hashed(password: str) -> str:
    """The password's hash with a fresh salt and today's parameters."""
    return _hasher.hash(normal_password(password))


def matches(password_hash: str | None, password: str) -> bool:
    """Whether the password belongs to the hash; without a hash as slow, and False."""
    try:
        _hasher.verify(password_hash or _NOBODY, normal_password(password))
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)
