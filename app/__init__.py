"""The only ring that knows HTTP, and the only one that commits. `create_app` is the whole assembly."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, NoReturn
from urllib.parse import urlsplit, urlunsplit
from zoneinfo import ZoneInfo

from flask import Flask, Request, current_app, request
from werkzeug.exceptions import SecurityError
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import MapAdapter, RequestRedirect

from app import (
    auth,
    cli,
    compress,
    cookies,
    db,
    edge,
    errors,
    headers,
    hosts,
    keyring,
    landing,
    language,
    load,
    logs,
    metrics,
    navigation,
    quick,
    settings,
    templating,
    traffic,
    uploads,
)
from app.backup import swap
from app.settings import Settings
from surveys.indexes import load as indexes
from surveys.questionnaires import load as questionnaires


class HaiLong(Flask):
    """Flask, with a log of failures that tells where and what kind, and nothing of what was sent (see `app.logs`)."""

    def log_exception(self, exc_info: object) -> None:
        metrics.count("failures")
        logs.tell_failure(f"{request.method} {request.endpoint}" if request else "-")

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """No function here is asynchronous, and Flask would look at each one on every request."""
        return func

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Before anything is made of the name that a request came under: a name may even be no name."""
        if request is not None and not hosts.is_known(self.config["HAILONG"], request.host):
            raise SecurityError("a foreign host name")
        return super().create_url_adapter(request)

    def raise_routing_exception(self, request: Request) -> NoReturn:
        """A missing slash leads to the path alone, whatever name we were called by."""
        if isinstance(request.routing_exception, RequestRedirect):
            parts = urlsplit(request.routing_exception.new_url)
            request.routing_exception.new_url = urlunsplit(("", "", "/" + parts.path.lstrip("/"), parts.query, ""))
        super().raise_routing_exception(request)

    def url_for(self, /, endpoint: str, **values: Any) -> str:
        """As Flask's; a page under the other host name (see `app.hosts`) gets its whole address."""
        return hosts.across(self, endpoint, super().url_for(endpoint, **values))


def create_app(given: Settings | None = None) -> Flask:
    config = given or settings.read()
    swap.finish(config)  # before anything is opened
    # a faulty definition stops the start, naming file, key and fault
    questionnaires.shipped()
    indexes.shipped()

    logs.set_up(config)
    metrics.open_in(config.state)
    app = HaiLong("app", static_folder="static", template_folder="templates")
    settings.check_debug(config, app.debug)
    app.config.update(
        HAILONG=config,
        SECRET_KEY=keyring.of(config).current().secret.decode(),
        SEND_FILE_MAX_AGE_DEFAULT=31_536_000,  # addresses of static files change with their content
    )
    app.session_interface = cookies.Cookies()
    db.init(app, config)
    landing.register(app)
    if config.quick:
        app.wsgi_app = quick.Quick(app, app.wsgi_app)  # type: ignore[method-assign]  # Flask's own way
    if config.trusted_proxies:
        depth = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=depth, x_proto=depth, x_host=depth)  # type: ignore[method-assign]  # Flask's own way
    traffic.register(app)
    errors.register(app)
    hosts.register(app)
    edge.register(app)
    uploads.register(app)
    load.register(app)
    auth.register(app)
    headers.register(app)
    compress.register(app)
    templating.register(app)
    language.register(app)
    navigation.register(app)
    _blueprints(app)
    cli.register(app)
    return app


def _blueprints(app: Flask) -> None:
    from app.views import (
        account,
        accounts,
        again,
        approvals,
        audit,
        comments,
        drafts,
        field,
        health,
        home,
        own_account,
        respond,
        results,
        sounds,
        units,
        wave_reports,
    )

    for module in (
        respond, again, home, account, own_account, accounts, field, results, units, audit, approvals, comments,
        wave_reports, drafts, sounds, health,
    ):
        app.register_blueprint(module.bp)


def server_day() -> date:
    """Today where the province is; answers keep the day and never the time of day."""
    config: Settings = current_app.config["HAILONG"]
    return datetime.now(ZoneInfo(config.timezone)).date()
