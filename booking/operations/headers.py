"""Headers of every answer: what browsers may load and do."""

from typing import Final

from flask import Flask, Response

from booking.settings import Settings

CONTENT_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
ALWAYS: Final = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(), microphone=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
A_YEAR_OF_TLS: Final = "max-age=31536000; includeSubDomains"


def init_headers(app: Flask, settings: Settings) -> None:
    """Set them on every answer, errors included; a view may have set a stricter one."""
    always = headers_for(settings)

    @app.after_request
    def protect(response: Response) -> Response:
        for name, value in always.items():
            response.headers.setdefault(name, value)
        if "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "private, no-cache"
        return response


def headers_for(settings: Settings) -> dict[str, str]:
    """The headers, with HSTS where people come by https (RFC 6797)."""
    return {**ALWAYS, "Strict-Transport-Security": A_YEAR_OF_TLS} if settings.uses_tls else dict(ALWAYS)
