"""The only ring that knows HTTP, and the only one that commits. `create_app` is the whole assembly."""

from __future__ import annotations

import secrets
import sys
import traceback
from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import Flask, current_app, request
from werkzeug.middleware.proxy_fix import ProxyFix

from app import auth, cli, compress, db, errors, headers, language, navigation, settings, templating
from app.settings import Settings
from surveys.indexes import load as indexes
from surveys.questionnaires import load as questionnaires

BODY = 64 * 1024
"""largest body a citizen may send, bytes; imports come by the command line"""
FIELDS = 300
"""most fields one form may have"""


class HaiLong(Flask):
    """Flask, with a log of failures that tells where and what kind, and nothing of what was sent.

    The path may hold a slip's code, and a database's message the row that it would not take.
    """

    def log_exception(self, exc_info: object) -> None:
        kind, _, trace = sys.exc_info()
        where = f"{request.method} {request.endpoint}" if request else "-"
        lines = "".join(traceback.format_tb(trace))
        self.logger.error("%s failed: %s\n%s", where, kind.__name__ if kind else "-", lines)


def create_app(given: Settings | None = None) -> Flask:
    config = given or settings.read()
    # a faulty definition stops the start, naming file, key and fault
    questionnaires.shipped()
    indexes.shipped()

    app = HaiLong("app", static_folder="static", template_folder="templates")
    app.config.update(
        HAILONG=config,
        SECRET_KEY=_secret(config),
        MAX_CONTENT_LENGTH=BODY,
        MAX_FORM_MEMORY_SIZE=BODY,
        MAX_FORM_PARTS=FIELDS,
        SEND_FILE_MAX_AGE_DEFAULT=31_536_000,  # addresses of static files change with their content
    )
    if config.trusted_proxies:
        depth = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=depth, x_proto=depth, x_host=depth)  # type: ignore[method-assign]  # Flask's own way
    db.init(app, config)
    errors.register(app)
    auth.register(app)
    headers.register(app)
    compress.register(app)
    templating.register(app)
    language.register(app)
    app.jinja_env.globals["staff_navigation"] = navigation.staff_navigation
    _blueprints(app)
    cli.register(app)
    return app


def _blueprints(app: Flask) -> None:
    from app.views import account, field, home, respond, results

    for module in (respond, home, account, field, results):
        app.register_blueprint(module.bp)


def _secret(config: Settings) -> str:
    if config.secret_key:
        return config.secret_key
    return settings.private_file(config.keys / "secret", lambda: secrets.token_hex(32).encode()).decode()


def server_day() -> date:
    """Today where the province is; answers keep the day and never the time of day."""
    config: Settings = current_app.config["HAILONG"]
    return datetime.now(ZoneInfo(config.timezone)).date()
