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


def event_url(reservation_id: int | None) -> str:
    """Where a reservation's page is, or without one the list of one's sample orders, seen from outside."""
    path = "sample-orders" if reservation_id is None else f"reservations/{reservation_id}"
    return f"{current_app.config['SETTINGS'].address}/{path}"
