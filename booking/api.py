"""The HTTP API: each feature's blueprint, and the document that describes them all."""

from flask import Flask, current_app, request

from booking import api_document
from booking.accounts import api as accounts
from booking.accounts import grant_api as grants
from booking.accounts import me_api as me
from booking.accounts import users_api as users
from booking.affiliations import api as affiliations
from booking.announcements import api as announcements
from booking.applications import api as applications
from booking.calendars import api as calendars
from booking.catalogue import api as catalogue
from booking.charges import api as charges
from booking.charges import figure_api as charge_figures
from booking.charges import many_api as many_charges
from booking.clearing import api as clearing
from booking.contracts import api as contracts
from booking.contracts import form_api as order_forms
from booking.enquiries import api as enquiries
from booking.home import api as home
from booking.imports import api as imports
from booking.invoices import api as invoices
from booking.operations import api as operations
from booking.operations import work_api as work
from booking.payers import api as payers
from booking.pricing import api as pricing
from booking.privacy import api as privacy
from booking.programmes import api as programmes
from booking.recognitions import api as recognitions
from booking.redemptions import api as redemptions
from booking.reservations import api as reservations
from booking.reservations import closing_api as closing
from booking.reservations import coming_api as coming
from booking.reservations import leaving_api as leaving
from booking.reservations import moves_api as moves
from booking.reservations import positions_api as positions
from booking.reservations import steward_api as stewards
from booking.reservations import team_api as team_bookings
from booking.reservations import use_api as uses
from booking.samples import api as samples
from booking.samples import figure_api as sample_figures
from booking.samples import sticker_api as sample_stickers
from booking.samples import voucher_api as sample_vouchers
from booking.search import api as search
from booking.statements import api as statements
from booking.statements import cash_api as cash
from booking.statements import cash_book_api as cash_book
from booking.statements import files_api as statement_files
from booking.statements import runs_api as statement_runs
from booking.teams import api as teams
from booking.vouchers import api as vouchers
from booking.web.extensions import csrf
from booking.web.signed_in import uses_token

BLUEPRINTS = (
    accounts.bp,
    me.bp,
    privacy.bp,
    users.bp,
    grants.bp,
    search.bp,
    catalogue.bp,
    reservations.bp,
    positions.bp,
    moves.bp,
    closing.bp,
    stewards.bp,
    calendars.bp,
    announcements.bp,
    affiliations.bp,
    imports.bp,
    home.bp,
    leaving.bp,
    coming.bp,
    teams.bp,
    team_bookings.bp,
    operations.bp,
    work.bp,
    enquiries.bp,
    charge_figures.bp,
    sample_figures.bp,
    sample_stickers.bp,
    sample_vouchers.bp,
    samples.bp,
    pricing.bp,
    payers.bp,
    uses.bp,
    charges.bp,
    many_charges.bp,
    statements.bp,
    statement_runs.bp,
    cash_book.bp,
    statement_files.bp,
    cash.bp,
    invoices.bp,
    contracts.bp,
    order_forms.bp,
    programmes.bp,
    recognitions.bp,
    vouchers.bp,
    applications.bp,
    redemptions.bp,
    clearing.bp,
)


def init_api(app: Flask) -> None:
    """Register every API blueprint; a bearer token needs no CSRF token, a browser session does."""
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    app.before_request(_protect)
    for blueprint in (*BLUEPRINTS, api_document.bp):
        app.register_blueprint(blueprint)


def _protect() -> None:
    """Check the CSRF token of what a browser could have been tricked into sending; raises CSRFError.

    A request with an Authorization header is never one of those, and its cookies are not looked at.
    """
    if current_app.config["WTF_CSRF_ENABLED"] and request.endpoint and not uses_token():
        csrf.protect()
