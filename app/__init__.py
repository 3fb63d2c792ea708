"""The only ring that knows HTTP, and the only one that commits. `create_app` is the whole assembly."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import Flask, current_app
from werkzeug.middleware.proxy_fix import ProxyFix

from app import cli, db, errors, settings
from app.settings import Settings

BODY = 64 * 1024
"""largest body a citizen may send, bytes; imports come by the command line"""
FIELDS = 300
"""most fields one form may have"""


def create_app(given: Settings | None = None) -> Flask:
    config = given or settings.read()
    _TEMPORARY_definitions()
    app = Flask("app", static_folder="static", template_folder="templates")
    app.config.update(
        HAILONG=config,
        SECRET_KEY=_secret(config),
        MAX_CONTENT_LENGTH=BODY,
        MAX_FORM_MEMORY_SIZE=BODY,
        MAX_FORM_PARTS=FIELDS,
    )
    if config.trusted_proxies:
        depth = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=depth, x_proto=depth, x_host=depth)  # type: ignore[method-assign]  # Flask's documented way
    db.init(app, config)
    errors.register(app)
    _TEMPORARY_register(app)
    _blueprints(app)
    cli.register(app)
    return app


def _blueprints(app: Flask) -> None:
    import importlib
    import importlib.util

    for name in ("respond", "home", "account", "field", "results"):
        if importlib.util.find_spec(f"app.views.{name}"):
            app.register_blueprint(importlib.import_module(f"app.views.{name}").bp)


def _TEMPORARY_definitions() -> None:
    import importlib
    import importlib.util

    for name in ("surveys.questionnaires", "surveys.indexes"):
        if importlib.util.find_spec(name) and importlib.util.find_spec(f"{name}.load"):
            importlib.import_module(f"{name}.load").shipped()


def _TEMPORARY_register(app: Flask) -> None:
    import importlib
    import importlib.util

    for name in ("auth", "headers"):
        if importlib.util.find_spec(f"app.{name}"):
            importlib.import_module(f"app.{name}").register(app)


def _secret(config: Settings) -> str:
    import secrets

    if config.secret_key:
        return config.secret_key
    return settings.private_file(config.keys / "secret", lambda: secrets.token_hex(32).encode()).decode()


def server_day() -> date:
    """Today where the province is; answers keep the day and never the time of day."""
    config: Settings = current_app.config["HAILONG"]
    return datetime.now(ZoneInfo(config.timezone)).date()
