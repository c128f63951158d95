"""The addresses under which apps subscribe to a feed."""

from urllib.parse import quote

from flask import current_app


def addresses_of(secret: str) -> dict[str, str]:
    """The address by https, by webcal, and as a link that adds it to Google Calendar."""
    base = current_app.config["SETTINGS"].address
    url = f"{base}/feeds/{secret}.ics"
    webcal = "webcal://" + url.split("://", 1)[1]
    google = "https://calendar.google.com/calendar/render?cid=" + quote(webcal, safe="")
    return {"url": url, "webcal_url": webcal, "google_url": google}


def reservation_url(reservation_id: int) -> str:
    """Where a reservation's page is, seen from outside."""
    return f"{current_app.config['SETTINGS'].address}/reservations/{reservation_id}"
