"""Whether only people at this machine are concerned."""

import ipaddress
from urllib.parse import urlsplit

from flask import request

from booking.settings import Settings

FORWARDED = ("X-Forwarded-For", "X-Real-IP", "Forwarded")


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def may_hold_demo(settings: Settings) -> bool:
    """Whether the demo's public passwords can do no harm: a loopback address, in and out, and the default database."""
    public_name = urlsplit(settings.address).hostname or ""
    is_local = is_loopback(settings.host) and is_loopback(public_name) and settings.trusted_proxies == 0
    return is_local and settings.is_default_database


def comes_from_here() -> bool:
    """Whether the request was made at this machine, and not through a proxy on it."""
    was_forwarded = any(name in request.headers for name in FORWARDED)
    return not was_forwarded and is_loopback(request.remote_addr or "")
