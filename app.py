"""The table of contents: settings → extensions → pages → API → commands; `uv run app.py` serves."""

import sys
from datetime import timedelta

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from booking.accounts import identity
from booking.api import init_api
from booking.commands import init_commands
from booking.database import engines
from booking.database.migrating import MIGRATE_OPTIONS
from booking.operations import init_operations
from booking.operations.serving import main
from booking.pages import init_pages
from booking.settings import ROOT, Settings, read_operator_text, read_settings, signing_key
from booking.web import addresses, errors, filters, languages, signed_in, templates, translating, uploads
from booking.web.assets import BUILT
from booking.web.extensions import babel, csrf, db, login_manager, migrate


def create_app(settings: Settings | None = None) -> Flask:
    """The application with everything bound, for a server, a command or a test."""
    settings = settings or read_settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    app = Flask("booking", template_folder=str(ROOT / "templates"), static_folder=None)
    app.config.update(configuration(settings))
    addresses.init_addresses(app)
    init_operations(app)
    init_extensions(app)
    uploads.init_uploads(app)
    errors.init_errors(app)
    filters.init_filters(app)
    app.after_request(languages.remember)
    init_pages(app)
    init_api(app)
    init_commands(app)
    return app


def configuration(settings: Settings) -> dict[str, object]:
    """What Flask and its extensions need to know, from our settings."""
    return {
        "SETTINGS": settings,
        "PRIVACY_TEXT": read_operator_text(settings.privacy_file),
        "SECRET_KEY": signing_key(settings),
        "SQLALCHEMY_DATABASE_URI": settings.sqlalchemy_url,
        "SQLALCHEMY_ENGINE_OPTIONS": engines.engine_options(settings.sqlalchemy_url),
        "MAX_CONTENT_LENGTH": settings.largest_body_bytes,
        "MAX_FORM_MEMORY_SIZE": settings.largest_body_bytes,
        "SESSION_COOKIE_NAME": "session",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.uses_tls,
        "SESSION_PROTECTION": None,
        "SESSION_REFRESH_EACH_REQUEST": False,
        "PERMANENT_SESSION_LIFETIME": timedelta(days=14),
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": False,
        "BABEL_DEFAULT_LOCALE": "zh",
        "BABEL_DEFAULT_TIMEZONE": "Asia/Shanghai",
        "BABEL_TRANSLATION_DIRECTORIES": str(ROOT / "booking" / "web" / "translations"),
    }


def init_extensions(app: Flask) -> None:
    """Bind database, migrations, sign-in, CSRF and languages."""
    settings: Settings = app.config["SETTINGS"]
    db.init_app(app)
    migrate.init_app(app, db, directory=str(ROOT / "migrations"), **MIGRATE_OPTIONS)
    with app.app_context():
        engines.prepare(db.engine)
    app.extensions["loaders"] = identity.loaders()
    login_manager.init_app(app)
    login_manager.user_loader(signed_in.load_user)
    csrf.init_app(app)
    babel.init_app(app, locale_selector=languages.chosen)
    translating.init_translating(app, babel)
    templates.init_templates(app, ROOT / BUILT)
    if proxies := settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)  # type: ignore[method-assign]


if __name__ == "__main__":
    sys.exit(main(create_app))
