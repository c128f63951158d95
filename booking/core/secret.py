"""Random secrets: shown once, stored as a hash."""

import hashlib
import secrets


def new_secret(prefix: str = "") -> str:
    """A URL-safe secret of 256 random bits."""
    return prefix + secrets.token_urlsafe(32)


def secret_hash(secret: str) -> str:
    """SHA-256 as hex: enough for secrets that cannot be guessed, and quick to look up."""
    return hashlib.sha256(secret.encode()).hexdigest()
