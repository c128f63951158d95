"""Random secrets: shown once, stored as a hash."""

import hashlib
import secrets


def new_secret(prefix: str = "") -> str:
    """A URL-safe secret of 256 random bits."""
    return prefix + secrets.token_urlsafe(32)


def secret_hash(secret: str) -> str:
    """SHA-256 as hex: enough for secrets that cannot be guessed, and quick to look up."""
    return hashlib.sha256(secret.encode()).hexdigest()


CODE_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter is taken for another when it is read from paper."""
CODE_GROUPS, GROUP_LENGTH = 4, 4
_TAKEN_FOR = str.maketrans("OILU", "011V")


def new_code() -> str:
    """A secret of 80 random bits that people can type: four groups of four letters and digits."""
    letters = [secrets.choice(CODE_LETTERS) for _ in range(CODE_GROUPS * GROUP_LENGTH)]
    return "-".join("".join(letters[i : i + GROUP_LENGTH]) for i in range(0, len(letters), GROUP_LENGTH))


def normal_code(typed: str) -> str:
    """A typed code as it was made: letter case, spaces and dashes do not count; anything else as it is."""
    letters = "".join(char for char in typed.upper() if char not in " -–—").translate(_TAKEN_FOR)
    if len(letters) != CODE_GROUPS * GROUP_LENGTH or not set(letters) <= set(CODE_LETTERS):
        return typed
    return "-".join(letters[i : i + GROUP_LENGTH] for i in range(0, len(letters), GROUP_LENGTH))
